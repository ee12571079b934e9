package org.posthouse.mailstore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/// The two hashes of the store: CRC-32C for bytes on disk, and a 64-bit mix for the digest and for request
/// hashes. Neither guards against an adversary: both sides are replicas of one cluster. The 64-bit mix is part of
/// the replicated state, so it must never change.
final class Hashes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final int CRC32C_POLYNOMIAL_REFLECTED = 0x82F63B78;

    private Hashes() {}

    static int crc32c(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    static int crc32c(byte[] bytes) {
        return crc32c(bytes, 0, bytes.length);
    }

    /// The checksum of two byte strings one after the other, from the checksum of each and the length of the
    /// second: the first is multiplied by x^(8 * length) modulo the polynomial, by squaring.
    static int crc32cOfBoth(int first, int second, long secondLength) {
        int power = 0x00800000; // x^8, in reflected bits
        int factor = 0x80000000; // 1
        for (long rest = secondLength; rest != 0; rest >>>= 1) {
            if ((rest & 1) != 0) {
                factor = multiply(factor, power);
            }
            power = multiply(power, power);
        }
        return multiply(first, factor) ^ second;
    }

    private static int multiply(int a, int b) {
        int product = 0;
        int shifted = b;
        for (int mask = 0x80000000; mask != 0; mask >>>= 1) {
            if ((a & mask) != 0) {
                product ^= shifted;
            }
            shifted = (shifted & 1) != 0 ? shifted >>> 1 ^ CRC32C_POLYNOMIAL_REFLECTED : shifted >>> 1;
        }
        return product;
    }

    /// Of one row of the index.
    static long row(byte[] key, byte[] value) {
        return of(value, 0, value.length, of(key, 0, key.length, PRIME_2));
    }

    /// Of some bytes.
    static long of(byte[] bytes, int offset, int length, long seed) {
        long hash = seed ^ length * PRIME_1;
        int at = offset;
        int end = offset + length;
        for (; at + 8 <= end; at += 8) {
            hash = round(hash, (long) LONGS.get(bytes, at));
        }
        long tail = 0;
        for (int shift = 0; at < end; at++, shift += 8) {
            tail |= (bytes[at] & 0xffL) << shift;
        }
        hash = round(hash, tail);
        hash ^= hash >>> 32;
        hash *= PRIME_2;
        return hash ^ hash >>> 29;
    }

    private static long round(long hash, long input) {
        return Long.rotateLeft(hash ^ input * PRIME_2, 31) * PRIME_1 + 0x165667B19E3779F9L;
    }
}
