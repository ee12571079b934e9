package org.posthouse.smtp;

import java.security.SecureRandom;
import java.util.HexFormat;

/// Names for deliveries.
final class DeliveryIds {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 16;

    private DeliveryIds() {}

    static String random() {
        byte[] id = new byte[BYTES];
        RANDOM.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }
}
