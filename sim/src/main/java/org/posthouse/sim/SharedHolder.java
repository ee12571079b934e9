package org.posthouse.sim;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// A process that takes a shared folder over and keeps it: what `replication`'s `SharedFolder` does, step by step, with
/// the same times.
final class SharedHolder {
    private static final long BEAT_MILLIS = 1_000;
    private static final long VALID_MILLIS = 4_000;
    private static final long STILL_MILLIS = 6_000;
    private static final long PATIENCE_MILLIS = 20_000;
    private static final long LOOK_MILLIS = 100;
    private static final String LOCKED = " locked";

    final SharedDisk disk;
    final SimNode node;
    /// Whether its lock outlives its process for a while.
    boolean lockKept;
    private final World world;
    private final BooleanSupplier permitted;
    private final Consumer<String> told;
    private final boolean first;
    private final long process;
    private SharedDisk.Files files;
    private boolean locked;
    private long beats;
    private long validUntil;
    private boolean held;
    private boolean closed;
    private String lost;
    private int under;

    /// @param first whether nothing was ever kept there
    /// @param permitted asked while waiting: whether it is still to be taken
    /// @param told when the folder is not held any more, and why
    SharedHolder(SharedDisk disk, SimNode node, boolean first, BooleanSupplier permitted, Consumer<String> told) {
        this.disk = disk;
        this.node = node;
        this.world = node.world;
        this.first = first;
        this.process = node.process();
        this.permitted = permitted;
        this.told = told;
    }

    /// What its epoch has written.
    SharedDisk.Files files() {
        return files;
    }

    /// Milliseconds that run on while the machine is suspended.
    private long now() {
        return world.makes(Mistake.HOLDER_IGNORES_SUSPENSION) ? node.mono() : node.boot();
    }

    /// Whether what has reached the folder by now may be acknowledged.
    boolean valid() {
        return held && lost == null && !closed && !ended() && now() < validUntil;
    }

    /// Whether it has taken the folder over, ever since.
    boolean held() {
        return held && lost == null && !closed;
    }

    /// Whether its process has ended.
    boolean ended() {
        return !node.alive() || node.process() != process;
    }

    /// Does something with the folder; nothing more once it is closed.
    <T> void call(Supplier<T> what, Consumer<T> then, Runnable failed) {
        under++;
        disk.call(
                node,
                what,
                said -> {
                    under--;
                    then.accept(said);
                },
                () -> {
                    under--;
                    failed.run();
                });
    }

    // ---- taking over

    /// One attempt, and whom to tell what came of it.
    private record Taking(Consumer<Optional<String>> done) {}

    /// Takes it over.
    ///
    /// @param done told nothing if it is held now, else why it is not
    void take(Consumer<Optional<String>> done) {
        await(new Taking(done), node.boot(), node.boot(), null);
    }

    private void fail(Taking taking, String reason) {
        close(() -> taking.done().accept(Optional.of(reason)));
    }

    private <T> void step(Taking taking, Supplier<T> what, Consumer<T> then) {
        world.sharedFaults.step(this);
        call(what, then, () -> fail(taking, "it is not mounted"));
    }

    private record Seen(boolean locked, boolean wasHolders, String beat) {}

    private void await(Taking taking, long began, long stillSince, String last) {
        call(
                () -> new Seen(disk.tryLock(this), lockWasHolders(), disk.beat),
                seen -> {
                    locked = seen.locked();
                    long at = node.boot();
                    long since = seen.beat().equals(last) ? stillSince : at;
                    boolean free = locked && (seen.wasHolders() || world.makes(Mistake.TAKER_TRUSTS_ITS_LOCK));
                    if (free || at - since >= STILL_MILLIS) {
                        claim(taking, seen.beat());
                    } else if (!permitted.getAsBoolean()) {
                        fail(taking, "it is not to be taken over here any more");
                    } else if (at - began >= PATIENCE_MILLIS) {
                        fail(taking, disk.claim.holder() + " holds it and is alive");
                    } else {
                        node.after(LOOK_MILLIS, () -> await(taking, began, since, seen.beat()));
                    }
                },
                () -> fail(taking, "it is not mounted"));
    }

    /// Whether who claimed the folder last said that it had the lock.
    private boolean lockWasHolders() {
        return disk.claim.number() == 0
                || (disk.beat.startsWith(disk.claim.number() + " ") && disk.beat.endsWith(LOCKED));
    }

    /// A folder is made first, under a number that nobody else has: two who take it over never write into one.
    private void claim(Taking taking, String still) {
        step(
                taking,
                () -> {
                    long highest = Math.max(disk.claim.number(), disk.epochs.isEmpty() ? 0 : disk.epochs.lastKey());
                    SharedDisk.Files own = new SharedDisk.Files(highest + 1);
                    disk.epochs.put(own.number, own);
                    own.from = disk.newest();
                    return own;
                },
                own -> {
                    files = own;
                    step(
                            taking,
                            () -> disk.claim = new SharedDisk.Claim(own.number, node.name),
                            _ -> lookAgain(taking, still));
                });
    }

    private void lookAgain(Taking taking, String still) {
        step(
                taking,
                () -> {
                    if (!disk.beat.equals(still)) {
                        return "the holder before is alive after all";
                    }
                    if (disk.epochs.lastKey() > files.number) {
                        return "another takes it over as well";
                    }
                    files.from = disk.newest();
                    return files.from == 0 && !first ? "it has no epoch, though there was one before" : "";
                },
                wrong -> {
                    if (wrong.isEmpty()) {
                        seal(taking);
                    } else {
                        fail(taking, wrong);
                    }
                });
    }

    private void seal(Taking taking) {
        step(
                taking,
                () -> {
                    SharedDisk.Files before = disk.epochs.get(files.from);
                    if (before != null) {
                        before.sealed = true;
                        files.log.addAll(before.log);
                    }
                    return before != null || files.from == 0;
                },
                there -> {
                    if (!there) {
                        fail(taking, "epoch " + files.from + " changes while it is taken over");
                        return;
                    }
                    step(taking, () -> files.manifest = true, _ -> name(taking));
                });
    }

    private void name(Taking taking) {
        step(taking, () -> disk.claim, claimed -> {
            if (claimed.number() != files.number) {
                fail(taking, claimed.holder() + " takes it over as well");
                return;
            }
            beatOnce(good -> {
                if (good) {
                    world.tally.add("shared folders taken over");
                    world.story.tell(() -> disk.name + ": " + node + " holds its folder from epoch " + files.number
                            + " on, made of " + files.from);
                    keep();
                    taking.done().accept(Optional.empty());
                } else {
                    fail(taking, "its first beat failed: " + lost);
                }
            });
        });
    }

    // ---- keeping it

    private void keep() {
        deleteBelow(files.from);
        node.after(BEAT_MILLIS, this::beat);
    }

    private void deleteBelow(long kept) {
        call(
                () -> {
                    disk.epochs.headMap(kept).clear();
                    return kept;
                },
                _ -> {},
                () -> {});
    }

    private void beat() {
        if (closed || lost != null) {
            return;
        }
        world.sharedFaults.step(this);
        beatOnce(_ -> {
            if (lost != null && !closed) {
                told.accept(lost);
            } else {
                node.after(BEAT_MILLIS, this::beat);
            }
        });
    }

    private void beatOnce(Consumer<Boolean> done) {
        long began = now();
        Runnable failed = () -> {
            if (!valid()) {
                lost = "it cannot be written to";
            }
            done.accept(false);
        };
        String sign = files.number + " " + ++beats + (locked ? LOCKED : "");
        call(
                () -> disk.beat = sign,
                _ -> call(
                        () -> {
                            locked = disk.claim.number() == files.number && disk.tryLock(this);
                            return disk.claim;
                        },
                        claimed -> {
                            if (claimed.number() != files.number) {
                                lost = claimed.holder() + " has taken it over in epoch " + claimed.number();
                                done.accept(false);
                                return;
                            }
                            validUntil = began + VALID_MILLIS;
                            held = true;
                            if (valid()) {
                                world.folders.beaten(this);
                            }
                            done.accept(true);
                        },
                        failed),
                failed);
    }

    /// Lets go of it, once nothing writes to it any more.
    void close(Runnable done) {
        closed = true;
        if (under > 0) {
            node.after(10, () -> close(done));
            return;
        }
        disk.unlock(this);
        done.run();
    }

    @Override
    public String toString() {
        return node + " in epoch " + (files == null ? 0 : files.number) + " of " + disk.name;
    }
}
