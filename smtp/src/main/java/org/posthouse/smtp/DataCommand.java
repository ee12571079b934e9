package org.posthouse.smtp;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// DATA: RFC 5321 section 4.1.1.4. The message goes to its sink while it comes in; what is wrong with it is told
/// once it has been read to its true end.
final class DataCommand {
    private static final Logger LOG = LoggerFactory.getLogger(DataCommand.class);
    private static final int RECEIVED_MAX = 50;

    private DataCommand() {}

    static Answer run(SmtpSession session) throws IOException {
        Transaction transaction = session.transaction();
        if (transaction.recipients().isEmpty()) {
            return new Answer(554, "5.5.1", "no valid recipients");
        }
        SmtpServer.Surroundings surroundings = session.server().surroundings();
        Envelope envelope = new Envelope(
                surroundings.ids().get(),
                transaction.sender(),
                transaction.recipients(),
                OffsetDateTime.ofInstant(surroundings.clock().instant(), surroundings.zone()));
        try (MessageSink sink = session.reception().begin(envelope)) {
            session.reply(354, "end with CR LF . CR LF");
            Answer answer = receive(session, envelope, sink);
            session.messageDone(answer.positive());
            LOG.debug("{} from <{}>: {}", envelope.deliveryId(), envelope.sender(), answer);
            answerEach(session, envelope, answer);
            return null;
        } catch (Reception.RefusedException e) {
            return e.answer();
        }
    }

    static Answer tooBig(SmtpSession session) {
        long most = session.options().sizeBytesMax();
        return new Answer(552, "5.3.4", "message too big: at most " + most + " bytes are taken");
    }

    private static Answer receive(SmtpSession session, Envelope envelope, MessageSink sink) throws IOException {
        byte[] trace = TraceHeaders.of(session, envelope).getBytes(StandardCharsets.UTF_8);
        sink.write(trace, 0, trace.length);
        Function<Set<String>, String> missing = session.role() == Role.SUBMISSION
                ? names ->
                        TraceHeaders.missing(names, envelope, session.options().hostName())
                : _ -> "";
        HeaderFilter filter = new HeaderFilter(sink, missing);
        DotReader content = new DotReader(session.in());
        long most = session.options().sizeBytesMax();
        long size = 0;
        session.conversation().readTimeout(session.options().dataTimeout());
        try {
            for (int length = content.read(); length >= 0; length = content.read()) {
                size += length;
                if (size <= most) {
                    filter.write(content.block(), 0, length);
                } else if (size > 2 * most) {
                    // Whoever goes on so far is not worth hearing out.
                    session.end();
                    return tooBig(session);
                }
            }
        } catch (SocketTimeoutException e) {
            LOG.info("{} fell silent inside a message", session.conversation().remote());
            throw e;
        }
        session.conversation().readTimeout(session.options().commandTimeout());
        if (size > most) {
            return tooBig(session);
        }
        Answer refusal = refusal(session, content, filter);
        if (refusal != null) {
            return refusal;
        }
        filter.finish();
        return sink.finish();
    }

    private static Answer refusal(SmtpSession session, DotReader content, HeaderFilter filter) {
        if (content.bareLineEnds()) {
            LOG.info(
                    "{} sent a message with a CR or LF alone: refused",
                    session.conversation().remote());
            return new Answer(550, "5.6.0", "CR or LF alone in the message: lines end in CR LF");
        }
        if (content.nul()) {
            return new Answer(550, "5.6.0", "NUL byte in the message");
        }
        if (filter.received() > RECEIVED_MAX) {
            return new Answer(554, "5.4.6", "this message is going in circles");
        }
        return null;
    }

    /// LMTP answers for each recipient (RFC 2033 section 4.2); a delivery being all or nothing, all get the same.
    private static void answerEach(SmtpSession session, Envelope envelope, Answer answer) throws IOException {
        int answers = session.role() == Role.LMTP ? envelope.recipients().size() : 1;
        for (int i = 0; i < answers; i++) {
            session.reply(answer);
        }
    }
}
