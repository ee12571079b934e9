package org.posthouse.mail;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A moment and the zone it was written in.
///
/// @param seconds Unix time
/// @param zoneMinutes east of UTC
public record MailDate(long seconds, int zoneMinutes) {
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    private static final List<String> US_ZONES = List.of("EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT");
    private static final int[] US_HOURS = {-5, -4, -6, -5, -7, -6, -8, -7};

    /// Days since 1970-01-01 of the date as written, in its own zone: what SEARCH compares.
    public long epochDay() {
        return Math.floorDiv(seconds + zoneMinutes * 60L, 86_400L);
    }

    /// Reads a Date field (RFC 5322 section 3.3), obsolete forms included.
    ///
    /// @return empty if it is none
    public static Optional<MailDate> ofHeader(String field) {
        if (field == null) {
            return Optional.empty();
        }
        HeaderScanner scanner = new HeaderScanner(field);
        try {
            String first = scanner.token(",");
            scanner.skipComments();
            boolean dayName = !first.isEmpty() && !Character.isDigit(first.charAt(0));
            if (dayName) {
                scanner.take(',');
                first = scanner.token("");
            }
            int day = number(first, 2);
            int month = month(scanner.token(""));
            int year = year(scanner.token(""));
            int hour = number(scanner.token(":"), 2);
            int minute = colon(scanner) ? number(scanner.token(":"), 2) : 0;
            int second = colon(scanner) ? number(scanner.token(":"), 2) : 0;
            return Optional.of(of(year, month, day, hour, minute, Math.min(second, 59), zone(scanner.token(""))));
        } catch (IllegalArgumentException | java.time.DateTimeException _) {
            return Optional.empty();
        }
    }

    /// Reads IMAP's date-time: `dd-Mon-yyyy hh:mm:ss +zzzz`, the day perhaps with a leading blank.
    ///
    /// @throws IllegalArgumentException if it is not of that form
    public static MailDate ofImap(String text) {
        if (text.length() != 26
                || text.charAt(2) != '-'
                || text.charAt(6) != '-'
                || text.charAt(11) != ' '
                || text.charAt(14) != ':'
                || text.charAt(17) != ':'
                || text.charAt(20) != ' ') {
            throw new IllegalArgumentException("no date-time: " + text);
        }
        try {
            int second = number(text.substring(18, 20), 2);
            return of(
                    number(text.substring(7, 11), 4),
                    month(text.substring(3, 6)),
                    number(text.charAt(0) == ' ' ? text.substring(1, 2) : text.substring(0, 2), 2),
                    number(text.substring(12, 14), 2),
                    number(text.substring(15, 17), 2),
                    second == 60 ? 59 : second,
                    offset(text.substring(21)));
        } catch (java.time.DateTimeException e) {
            throw new IllegalArgumentException("no such date: " + text, e);
        }
    }

    /// Reads IMAP's date, `d-Mon-yyyy`: days since 1970-01-01.
    ///
    /// @throws IllegalArgumentException if it is not of that form
    public static long dayOfImap(String text) {
        String[] parts = text.split("-", -1);
        if (parts.length != 3 || parts[2].length() != 4) {
            throw new IllegalArgumentException("no date: " + text);
        }
        try {
            return LocalDate.of(number(parts[2], 4), month(parts[1]), number(parts[0], 2))
                    .toEpochDay();
        } catch (java.time.DateTimeException e) {
            throw new IllegalArgumentException("no such date: " + text, e);
        }
    }

    /// As IMAP writes it: ` 1-Feb-2026 08:30:00 +0100`, 26 characters.
    public String toImap() {
        LocalDateTime local = LocalDateTime.ofEpochSecond(seconds + zoneMinutes * 60L, 0, ZoneOffset.UTC);
        StringBuilder text = new StringBuilder(26);
        text.append(local.getDayOfMonth() < 10 ? " " : "").append(local.getDayOfMonth());
        text.append('-').append(MONTHS[local.getMonthValue() - 1]).append('-');
        String year = Integer.toString(local.getYear());
        text.append("0".repeat(Math.max(0, 4 - year.length()))).append(year).append(' ');
        twoDigits(text, local.getHour()).append(':');
        twoDigits(text, local.getMinute()).append(':');
        twoDigits(text, local.getSecond()).append(zoneMinutes < 0 ? " -" : " +");
        twoDigits(text, Math.abs(zoneMinutes) / 60);
        return twoDigits(text, Math.abs(zoneMinutes) % 60).toString();
    }

    private static StringBuilder twoDigits(StringBuilder text, int number) {
        return text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }

    private static MailDate of(int year, int month, int day, int hour, int minute, int second, int zoneMinutes) {
        long local = LocalDateTime.of(year, month, day, hour, minute, second).toEpochSecond(ZoneOffset.UTC);
        return new MailDate(local - zoneMinutes * 60L, zoneMinutes);
    }

    private static boolean colon(HeaderScanner scanner) {
        scanner.skipComments();
        return scanner.take(':');
    }

    private static int number(String digits, int digitsMax) {
        if (digits.isEmpty() || digits.length() > digitsMax) {
            throw new IllegalArgumentException("no number: " + digits);
        }
        int number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new IllegalArgumentException("no number: " + digits);
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private static int month(String name) {
        for (int i = 0; i < MONTHS.length; i++) {
            if (MONTHS[i].equalsIgnoreCase(name)) {
                return i + 1;
            }
        }
        throw new IllegalArgumentException("no month: " + name);
    }

    /// Two and three digits as RFC 5322 section 4.3 reads them.
    private static int year(String digits) {
        int year = number(digits, 4);
        return switch (digits.length()) {
            case 4 -> year;
            case 2 -> year + (year < 50 ? 2000 : 1900);
            default -> year + 1900;
        };
    }

    private static int zone(String name) {
        if (!name.isEmpty() && (name.charAt(0) == '+' || name.charAt(0) == '-')) {
            return offset(name);
        }
        int us = US_ZONES.indexOf(name.toUpperCase(Locale.ROOT));
        return us < 0 ? 0 : US_HOURS[us] * 60; // GMT, UT, military letters and unknown names are -0000
    }

    private static int offset(String text) {
        if (text.length() != 5 || (text.charAt(0) != '+' && text.charAt(0) != '-')) {
            throw new IllegalArgumentException("no zone: " + text);
        }
        int minutes = number(text.substring(1, 3), 2) * 60 + number(text.substring(3), 2);
        if (minutes >= 24 * 60) {
            throw new IllegalArgumentException("no zone: " + text);
        }
        return text.charAt(0) == '-' ? -minutes : minutes;
    }
}
