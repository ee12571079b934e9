package org.posthouse.smtp;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.posthouse.mailstore.MailStore;
import org.posthouse.mailstore.StoreException;
import org.posthouse.wire.Link;
import org.posthouse.wire.LinkService;
import org.posthouse.wire.LinkStream;
import org.posthouse.wire.Opening;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The node's side of [RemoteReception].
///
/// - Stream `deliver`: a [DeliveryHead], the message, the end of the stream; back comes one line, either
///   `answer CODE ENHANCED TEXT` for the client, or `retry WHY`: not the owner, or outcome unknown.
/// - Call `recipient` (fields `virtual-server`, `size`; the request is the users, one in a line): `ok`, `full` or
///   `retry WHY`.
public final class DeliverService implements LinkService {
    /// Kind of the stream that brings a message.
    public static final String DELIVER = "deliver";
    /// Kind of the call that asks whether there is room for one.
    public static final String RECIPIENT = "recipient";

    static final String ANSWER = "answer ";
    static final String RETRY = "retry ";

    private static final Logger LOG = LoggerFactory.getLogger(DeliverService.class);
    private static final int BLOCK_BYTES = 32 << 10;
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);

    private final Function<String, Optional<MailStore>> stores;
    private final Quotas quotas;

    /// @param stores by virtual server, those whose mail this node takes, open or not
    public DeliverService(Function<String, Optional<MailStore>> stores, Quotas quotas) {
        this.stores = stores;
        this.quotas = quotas;
    }

    @Override
    public byte[] call(Link from, Opening head, byte[] request) throws IOException {
        if (!head.kind().equals(RECIPIENT)) {
            return LinkService.super.call(from, head, request);
        }
        String virtualServer = head.field("virtual-server");
        List<String> users = new String(request, StandardCharsets.UTF_8).lines().toList();
        return room(virtualServer, users, Long.parseLong(head.field("size"))).getBytes(StandardCharsets.UTF_8);
    }

    private String room(String virtualServer, List<String> users, long size) {
        Optional<MailStore> store = stores.apply(virtualServer);
        if (store.isEmpty()) {
            return RETRY + virtualServer + " is not on this node";
        }
        try {
            return StoreDelivery.hasRoom(store.get(), quotas, users, size) ? "ok" : "full";
        } catch (StoreException e) {
            return RETRY + e.getMessage();
        }
    }

    @Override
    public void stream(Link from, LinkStream stream) throws IOException {
        if (!stream.opening().kind().equals(DELIVER)) {
            LinkService.super.stream(from, stream);
            return;
        }
        try (stream) {
            stream.readTimeout(READ_TIMEOUT);
            String line = take(from, stream.input());
            stream.output().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            stream.output().flush();
            stream.finish();
        }
    }

    private String take(Link from, InputStream in) throws IOException {
        DeliveryHead head = DeliveryHead.readFrom(new DataInputStream(in));
        Optional<MailStore> store = stores.apply(head.virtualServer());
        if (store.isEmpty()) {
            return RETRY + head.virtualServer() + " is not on this node";
        }
        try (StoreDelivery delivery = new StoreDelivery(store.get(), head.deliveryId(), head.users(), head.stamp())) {
            copy(in, head.length(), delivery);
            LOG.debug("{} brought {} of {} bytes", from.peer(), head.deliveryId(), head.length());
            return switch (delivery.finish()) {
                case StoreDelivery.Outcome.Answered(Answer answer) -> ANSWER + answer.line();
                case StoreDelivery.Outcome.Retry(String why) -> RETRY + why;
            };
        } catch (StoreException e) {
            return RETRY + e.getMessage();
        }
    }

    private static void copy(InputStream in, long length, StoreDelivery delivery) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        long left = length;
        while (left > 0) {
            int taken = in.read(block, 0, (int) Math.min(left, block.length));
            if (taken < 0) {
                throw new EOFException("a delivery broke off " + left + " bytes before its end");
            }
            delivery.write(block, 0, taken);
            left -= taken;
        }
    }
}
