package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.posthouse.mail.Flags;
import org.posthouse.mailstore.StoreException.Kind;

/// A mail store as one would write it on a page: maps in memory, nothing compact, nothing incremental. What the
/// real one does has to look the same.
final class Model {
    static final class Message {
        final long uid;
        final int bodySum;
        final long size;
        final Action.Stamp stamp;
        Flags flags;

        Message(long uid, int bodySum, long size, Action.Stamp stamp, Flags flags) {
            this.uid = uid;
            this.bodySum = bodySum;
            this.size = size;
            this.stamp = stamp;
            this.flags = flags;
        }
    }

    static final class Box {
        final List<Message> messages = new ArrayList<>();
        final Set<String> keywords = new HashSet<>();
        long uidNext = 1;
        long firstRecent = 1;

        long add(int bodySum, long size, Action.Stamp stamp, Flags flags) {
            messages.add(new Message(uidNext, bodySum, size, stamp, flags));
            return uidNext++;
        }
    }

    final Map<String, SortedMap<String, Box>> users = new HashMap<>();
    final Map<String, Set<String>> subscriptions = new HashMap<>();

    SortedMap<String, Box> user(String user) {
        return users.computeIfAbsent(user, _ -> {
            SortedMap<String, Box> boxes = new TreeMap<>();
            boxes.put("INBOX", new Box());
            return boxes;
        });
    }

    private static String canonical(String name) {
        return name.equalsIgnoreCase("inbox") ? "INBOX" : name;
    }

    private static boolean bad(String name) {
        return name.contains("//");
    }

    private Box box(String user, String name) {
        return user(user).get(canonical(name));
    }

    private static int sum(NewBody body) {
        return switch (body) {
            case NewBody.Inline inline -> Hashes.crc32c(inline.bytes());
            case NewBody.Staged staged -> staged.crc32c();
        };
    }

    /// @return null where the model has no opinion of the outcome, else a refusal or an empty string
    Object deliver(Action.Deliver action) {
        Map<String, SortedMap<String, Box>> unnamed = new HashMap<>(users);
        for (Action.Target target : action.targets()) {
            if (box(target.user(), target.mailbox()) == null) {
                users.keySet().retainAll(unnamed.keySet());
                return Kind.NO_SUCH_MAILBOX;
            }
        }
        Set<Box> done = Collections.newSetFromMap(new java.util.IdentityHashMap<>());
        for (Action.Target target : action.targets()) {
            Box box = box(target.user(), target.mailbox());
            if (done.add(box)) {
                long _ = box.add(sum(action.body()), action.body().length(), action.stamp(), target.flags());
            }
        }
        return "";
    }

    Object append(Action.Append action) {
        Box box = box(action.user(), action.mailbox());
        if (box == null) {
            return Kind.NO_SUCH_MAILBOX;
        }
        for (Action.NewMessage message : action.messages()) {
            long _ = box.add(sum(message.body()), message.body().length(), message.stamp(), message.flags());
        }
        return "";
    }

    Object replace(Box from, Action.Replace action) {
        if (from.messages.stream().noneMatch(message -> message.uid == action.uid())) {
            return Kind.GONE;
        }
        Object appended = append(action.with());
        if (appended.equals("")) {
            from.messages.removeIf(message -> message.uid == action.uid());
        }
        return appended;
    }

    static void store(Box box, Action.StoreFlags action, Set<Long> modified) {
        for (Message message : box.messages) {
            if (action.uids().contains(message.uid) && !modified.contains(message.uid)) {
                message.flags = switch (action.change()) {
                    case ADD -> message.flags.plus(action.flags());
                    case REMOVE -> message.flags.minus(action.flags());
                    case REPLACE -> action.flags();
                };
            }
        }
    }

    static Object copy(Box from, Action.Copy action, Box to) {
        List<Message> found = found(from, action.uids());
        if (found.size() < action.uids().count()) {
            return Kind.GONE;
        }
        found.forEach(message -> to.add(message.bodySum, message.size, message.stamp, message.flags));
        return "";
    }

    static Object move(Box from, Action.Move action, Box to) {
        List<Message> found = found(from, action.uids());
        found.forEach(message -> to.add(message.bodySum, message.size, message.stamp, message.flags));
        from.messages.removeAll(found);
        return "";
    }

    private static List<Message> found(Box box, org.posthouse.mail.UidSet uids) {
        return box.messages.stream()
                .filter(message -> uids.contains(message.uid))
                .toList();
    }

    static Object expunge(Box box, Action.Expunge action) {
        box.messages.removeIf(message -> action.uids().contains(message.uid) && message.flags.has(Flags.DELETED));
        return "";
    }

    Object create(Action.Create action) {
        String name = canonical(action.name());
        if (bad(name)) {
            return Kind.REFUSED;
        }
        if (box(action.user(), name) != null) {
            return Kind.MAILBOX_EXISTS;
        }
        make(action.user(), name, new Box());
        return "";
    }

    private void make(String user, String name, Box box) {
        for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            user(user).computeIfAbsent(name.substring(0, slash), _ -> new Box());
        }
        user(user).put(name, box);
    }

    Object delete(Action.Delete action) {
        String name = canonical(action.name());
        SortedMap<String, Box> boxes = user(action.user());
        if (name.equals("INBOX")) {
            return Kind.REFUSED;
        }
        if (!boxes.containsKey(name)) {
            return Kind.NO_SUCH_MAILBOX;
        }
        if (boxes.keySet().stream().anyMatch(other -> other.startsWith(name + "/"))) {
            return Kind.HAS_CHILDREN;
        }
        boxes.remove(name);
        return "";
    }

    Object rename(Action.Rename action) {
        String from = canonical(action.from());
        String to = canonical(action.to());
        SortedMap<String, Box> boxes = user(action.user());
        if (bad(to)) {
            return Kind.REFUSED;
        }
        if (!boxes.containsKey(from)) {
            return Kind.NO_SUCH_MAILBOX;
        }
        if (boxes.containsKey(to)) {
            return Kind.MAILBOX_EXISTS;
        }
        if (from.equals("INBOX")) {
            Box target = new Box();
            make(action.user(), to, target);
            Box inbox = boxes.get(from);
            inbox.messages.forEach(m -> target.add(m.bodySum, m.size, m.stamp, m.flags));
            inbox.messages.clear();
            return "";
        }
        if (to.startsWith(from + "/")) {
            return Kind.REFUSED;
        }
        Map<String, Box> moving = new TreeMap<>();
        boxes.forEach((name, box) -> {
            if (name.equals(from) || name.startsWith(from + "/")) {
                moving.put(name, box);
            }
        });
        moving.forEach((name, box) -> {
            boxes.remove(name);
            make(action.user(), to + name.substring(from.length()), box);
        });
        return "";
    }

    Object subscribe(Action.Subscribe action) {
        String name = canonical(action.name());
        if (action.subscribed() && bad(name)) {
            return Kind.REFUSED;
        }
        Set<String> names = subscriptions.computeIfAbsent(action.user(), _ -> new HashSet<>());
        if (action.subscribed()) {
            names.add(name);
        } else {
            names.remove(name);
        }
        return "";
    }
}
