package org.posthouse.smtp;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.posthouse.mailstore.Action;

/// What a front end says before the bytes of a message in a stream of kind `deliver`. The length is there so that
/// a stream that broke off is never taken for a whole message.
///
/// @param users canonical addresses, each INBOX once
/// @param stamp internal date; the same in every repeat
/// @param length bytes that follow
record DeliveryHead(
        String deliveryId, String virtualServer, String sender, List<String> users, Action.Stamp stamp, long length) {
    private static final int USERS_MAX = 100_000;

    static DeliveryHead of(Envelope envelope, long length) {
        return new DeliveryHead(
                envelope.deliveryId(),
                envelope.virtualServer(),
                envelope.sender(),
                envelope.users(),
                StoreReception.stamp(envelope),
                length);
    }

    void writeTo(DataOutputStream out) throws IOException {
        out.writeUTF(deliveryId);
        out.writeUTF(virtualServer);
        out.writeUTF(sender);
        out.writeInt(users.size());
        for (String user : users) {
            out.writeUTF(user);
        }
        out.writeLong(stamp.seconds());
        out.writeInt(stamp.zoneMinutes());
        out.writeLong(length);
    }

    static DeliveryHead readFrom(DataInputStream in) throws IOException {
        String deliveryId = in.readUTF();
        String virtualServer = in.readUTF();
        String sender = in.readUTF();
        int count = in.readInt();
        if (count < 1 || count > USERS_MAX) {
            throw new IOException("delivery for " + count + " users");
        }
        List<String> users = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            users.add(in.readUTF());
        }
        Action.Stamp stamp = new Action.Stamp(in.readLong(), in.readInt());
        return new DeliveryHead(deliveryId, virtualServer, sender, List.copyOf(users), stamp, in.readLong());
    }
}
