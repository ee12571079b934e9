package org.posthouse.mailstore;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.posthouse.mail.Flags;
import org.posthouse.mail.Octets;
import org.posthouse.mail.Rights;
import org.posthouse.mailstore.Action.Annotate;
import org.posthouse.mailstore.Action.Append;
import org.posthouse.mailstore.Action.Change;
import org.posthouse.mailstore.Action.ClaimRecent;
import org.posthouse.mailstore.Action.Copy;
import org.posthouse.mailstore.Action.Create;
import org.posthouse.mailstore.Action.Delete;
import org.posthouse.mailstore.Action.Deliver;
import org.posthouse.mailstore.Action.DropUrlKeys;
import org.posthouse.mailstore.Action.Expunge;
import org.posthouse.mailstore.Action.Forget;
import org.posthouse.mailstore.Action.MakeUrlKey;
import org.posthouse.mailstore.Action.Move;
import org.posthouse.mailstore.Action.NewMessage;
import org.posthouse.mailstore.Action.Rename;
import org.posthouse.mailstore.Action.Replace;
import org.posthouse.mailstore.Action.SetAcl;
import org.posthouse.mailstore.Action.Stamp;
import org.posthouse.mailstore.Action.StoreFlags;
import org.posthouse.mailstore.Action.Subscribe;
import org.posthouse.mailstore.Action.Target;
import org.posthouse.mailstore.Action.Welcome;

/// Actions as bytes, in two parts. The first is what the client asked, bodies by length and checksum: its hash
/// tells a repeat from another command. The second is what the owner added and a repeat through another owner
/// may have otherwise: the date where the client gave none, the id of a staged body, and the bytes themselves.
final class ActionCodec {
    private static final int DELIVER = 1;
    private static final int APPEND = 2;
    private static final int STORE = 3;
    private static final int COPY = 4;
    private static final int MOVE = 5;
    private static final int EXPUNGE = 6;
    private static final int CREATE = 7;
    private static final int DELETE = 8;
    private static final int RENAME = 9;
    private static final int SUBSCRIBE = 10;
    private static final int CLAIM_RECENT = 11;
    private static final int WELCOME = 12;
    private static final int FORGET = 13;
    private static final int SET_ACL = 14;
    private static final int ANNOTATE = 15;
    private static final int REPLACE = 16;
    private static final int MAKE_URL_KEY = 17;
    private static final int DROP_URL_KEYS = 18;

    private ActionCodec() {}

    /// The two parts.
    record Encoded(byte[] asked, byte[] rest) {}

    static Encoded encode(Action<?> action) {
        ByteWriter asked = new ByteWriter();
        ByteWriter rest = new ByteWriter(bodyBytes(action) + 64);
        switch (action) {
            case Deliver deliver -> {
                asked.octet(DELIVER)
                        .text(deliver.deliveryId())
                        .number(deliver.targets().size());
                for (Target target : deliver.targets()) {
                    flags(asked.text(target.user()).text(target.mailbox()), target.flags());
                }
                message(deliver.body(), deliver.stamp(), asked, rest);
            }
            case Append append -> append(append, asked.octet(APPEND), rest);
            case Replace replace ->
                append(
                        replace.with(),
                        asked.octet(REPLACE).number(replace.mailboxId()).number(replace.uid()),
                        rest);
            case StoreFlags store -> {
                asked.octet(STORE).number(store.mailboxId()).uids(store.uids());
                flags(asked.octet(code(store.change())), store.flags());
                asked.flag(store.unchangedSince().isPresent());
                asked.number(store.unchangedSince().orElse(0));
                asked.number(store.rights().bits());
            }
            case Copy copy ->
                asked.octet(COPY)
                        .number(copy.mailboxId())
                        .uids(copy.uids())
                        .number(copy.toMailboxId())
                        .number(copy.rights().bits());
            case Move move ->
                asked.octet(MOVE)
                        .number(move.mailboxId())
                        .uids(move.uids())
                        .number(move.toMailboxId())
                        .number(move.rights().bits());
            case Expunge expunge ->
                asked.octet(EXPUNGE).number(expunge.mailboxId()).uids(expunge.uids());
            case Create create ->
                asked.octet(CREATE).text(create.user()).text(create.name()).text(create.specialUse());
            case Delete delete -> asked.octet(DELETE).text(delete.user()).text(delete.name());
            case Rename rename ->
                asked.octet(RENAME).text(rename.user()).text(rename.from()).text(rename.to());
            case Subscribe subscribe ->
                asked.octet(SUBSCRIBE)
                        .text(subscribe.user())
                        .text(subscribe.name())
                        .flag(subscribe.subscribed());
            case SetAcl set -> setAcl(set, asked.octet(SET_ACL));
            case Annotate annotate -> annotate(annotate, asked.octet(ANNOTATE));
            case ClaimRecent claim -> asked.octet(CLAIM_RECENT).number(claim.mailboxId());
            case MakeUrlKey make -> {
                asked.octet(MAKE_URL_KEY).number(make.mailboxId()).text(make.user());
                rest.blob(make.key());
            }
            case DropUrlKeys drop ->
                asked.octet(DROP_URL_KEYS).uids(drop.mailboxIds()).text(drop.user());
            case Welcome welcome -> asked.octet(WELCOME).text(welcome.user());
            case Forget forget ->
                asked.octet(FORGET)
                        .fixed64(forget.session().getMostSignificantBits())
                        .fixed64(forget.session().getLeastSignificantBits());
        }
        return new Encoded(asked.done(), rest.done());
    }

    private static int bodyBytes(Action<?> action) {
        return switch (action) {
            case Deliver deliver -> inlineBytes(deliver.body());
            case Append append -> bodyBytes(append);
            case Replace replace -> bodyBytes(replace.with());
            default -> 0;
        };
    }

    private static int bodyBytes(Append append) {
        return append.messages().stream()
                .mapToInt(message -> inlineBytes(message.body()))
                .sum();
    }

    private static void append(Append append, ByteWriter asked, ByteWriter rest) {
        asked.text(append.user())
                .text(append.mailbox())
                .number(append.messages().size());
        for (NewMessage message : append.messages()) {
            flags(asked, message.flags());
            message(message.body(), message.stamp(), asked, rest);
        }
    }

    private static void setAcl(SetAcl set, ByteWriter asked) {
        asked.number(set.mailboxId()).text(set.identifier());
        asked.octet(code(set.change())).number(set.rights().bits());
    }

    private static void annotate(Annotate annotate, ByteWriter asked) {
        asked.number(annotate.mailboxId()).text(annotate.user());
        asked.number(annotate.entries().size());
        for (Annotation each : annotate.entries()) {
            asked.text(each.entry()).flag(each.value() != null);
            asked.blob(Octets.bytes(each.value() == null ? "" : each.value()));
        }
    }

    private static int inlineBytes(NewBody body) {
        return body instanceof NewBody.Inline inline ? inline.bytes().length + 32 : 32;
    }

    private static void flags(ByteWriter out, Flags flags) {
        out.octet(flags.bits()).number(flags.keywords().size());
        flags.keywords().forEach(out::text);
    }

    private static void message(NewBody body, Stamp stamp, ByteWriter asked, ByteWriter rest) {
        rest.signed(stamp.seconds()).signed(stamp.zoneMinutes());
        switch (body) {
            case NewBody.Inline inline -> {
                asked.number(inline.length()).fixed32(Hashes.crc32c(inline.bytes()));
                rest.flag(false).blob(inline.bytes());
            }
            case NewBody.Staged staged -> {
                asked.number(staged.length()).fixed32(staged.crc32c());
                rest.flag(true).fixed64(staged.stagedId());
            }
        }
    }

    static Action<?> decode(byte[] askedBytes, ByteReader rest) {
        ByteReader asked = new ByteReader(askedBytes);
        int tag = asked.octet();
        return switch (tag) {
            case DELIVER -> deliver(asked, rest);
            case APPEND -> append(asked, rest);
            case REPLACE -> new Replace(asked.number(), asked.number(), append(asked, rest));
            case STORE -> store(asked);
            case COPY -> new Copy(asked.number(), asked.uids(), asked.number(), rights(asked));
            case MOVE -> new Move(asked.number(), asked.uids(), asked.number(), rights(asked));
            case EXPUNGE -> new Expunge(asked.number(), asked.uids());
            case CREATE -> new Create(asked.text(), asked.text(), asked.text());
            case DELETE -> new Delete(asked.text(), asked.text());
            case RENAME -> new Rename(asked.text(), asked.text(), asked.text());
            case SUBSCRIBE -> new Subscribe(asked.text(), asked.text(), asked.flag());
            case SET_ACL -> new SetAcl(asked.number(), asked.text(), change(asked.octet()), rights(asked));
            case ANNOTATE -> annotate(asked);
            case CLAIM_RECENT -> new ClaimRecent(asked.number());
            case MAKE_URL_KEY -> new MakeUrlKey(asked.number(), asked.text(), rest.blob());
            case DROP_URL_KEYS -> new DropUrlKeys(asked.uids(), asked.text());
            case WELCOME -> new Welcome(asked.text());
            case FORGET -> new Forget(new UUID(asked.fixed64(), asked.fixed64()));
            default -> throw new IllegalArgumentException("an action of unknown kind " + tag);
        };
    }

    private static Deliver deliver(ByteReader asked, ByteReader rest) {
        String id = asked.text();
        int count = asked.count();
        List<Target> targets = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            targets.add(new Target(asked.text(), asked.text(), flags(asked)));
        }
        Stamp stamp = new Stamp(rest.signed(), (int) rest.signed());
        return new Deliver(id, targets, body(asked, rest), stamp);
    }

    private static Append append(ByteReader asked, ByteReader rest) {
        String user = asked.text();
        String mailbox = asked.text();
        int count = asked.count();
        List<NewMessage> messages = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Flags flags = flags(asked);
            Stamp stamp = new Stamp(rest.signed(), (int) rest.signed());
            messages.add(new NewMessage(body(asked, rest), flags, stamp));
        }
        return new Append(user, mailbox, messages);
    }

    private static StoreFlags store(ByteReader asked) {
        long mailbox = asked.number();
        var uids = asked.uids();
        Change change = change(asked.octet());
        Flags flags = flags(asked);
        boolean conditional = asked.flag();
        long since = asked.number();
        OptionalLong unchangedSince = conditional ? OptionalLong.of(since) : OptionalLong.empty();
        return new StoreFlags(mailbox, uids, change, flags, unchangedSince, rights(asked));
    }

    private static Rights rights(ByteReader asked) {
        return new Rights(asked.smallNumber());
    }

    private static Annotate annotate(ByteReader asked) {
        long mailbox = asked.number();
        String user = asked.text();
        int count = asked.count();
        List<Annotation> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String entry = asked.text();
            boolean there = asked.flag();
            byte[] value = asked.blob();
            entries.add(new Annotation(entry, there ? Octets.of(value, 0, value.length) : null));
        }
        return new Annotate(mailbox, user, entries);
    }

    private static int code(Change change) {
        return switch (change) {
            case ADD -> 0;
            case REMOVE -> 1;
            case REPLACE -> 2;
        };
    }

    private static Change change(int code) {
        return switch (code) {
            case 0 -> Change.ADD;
            case 1 -> Change.REMOVE;
            case 2 -> Change.REPLACE;
            default -> throw new IllegalArgumentException("a change of flags of unknown kind " + code);
        };
    }

    private static NewBody body(ByteReader asked, ByteReader rest) {
        long length = asked.number();
        int crc32c = asked.fixed32();
        return rest.flag() ? new NewBody.Staged(rest.fixed64(), length, crc32c) : new NewBody.Inline(rest.blob());
    }

    private static Flags flags(ByteReader in) {
        int bits = in.octet();
        int count = in.count();
        if (count == 0) {
            return Flags.of(bits);
        }
        List<String> keywords = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keywords.add(in.text());
        }
        return new Flags(bits, keywords);
    }
}
