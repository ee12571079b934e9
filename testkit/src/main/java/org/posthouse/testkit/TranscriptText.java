package org.posthouse.testkit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The lines of a [Transcript] as they are sent, and whether one that came fits one that was expected. What came is
/// a string with a character for each byte.
final class TranscriptText {
    private static final Pattern VARIABLE = Pattern.compile("\\$([a-z][a-z0-9]*(?:\\.size)?)");
    private static final Pattern BYTE = Pattern.compile("\\\\x([0-9a-fA-F]{2})(?:\\*(\\d+))?");
    private static final Pattern OPEN = Pattern.compile("\\.\\.\\.|\\$[a-z][a-z0-9]*");
    private static final Pattern UNORDERED = Pattern.compile("((?:FLAGS|LIST|LSUB) \\()([^()]*)\\)");

    private final Map<String, String> variables = new HashMap<>();

    TranscriptText(Map<String, String> given) {
        variables.putAll(given);
    }

    /// With the variables' values in their places; a name that is none stays.
    String replaced(String text) {
        return VARIABLE.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(variables.getOrDefault(match.group(1), match.group())));
    }

    /// Keeps a message, and its size in bytes.
    void message(String variable, String message) {
        variables.put(variable, message);
        variables.put(variable + ".size", Integer.toString(bytes(message).length));
    }

    /// The bytes of a line that is sent.
    static byte[] bytes(String text) {
        Matcher matcher = BYTE.matcher(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        return matcher.replaceAll(match -> {
                    String octet = String.valueOf((char) Integer.parseInt(match.group(1), 16));
                    int times = match.group(2) == null ? 1 : Integer.parseInt(match.group(2));
                    return Matcher.quoteReplacement(octet.repeat(times));
                })
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    static String firstWord(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1);
        int space = text.indexOf(' ');
        return space < 0 ? text : text.substring(0, space);
    }

    /// Whether a line is what was expected. If so, the variables that are new in the pattern are learnt from it.
    boolean fits(String expected, String line) {
        String pattern = new String(bytes(expected), StandardCharsets.ISO_8859_1);
        return fitsAsItIs(pattern, line) || fitsAsItIs(ordered(pattern), ordered(line));
    }

    /// Flags and the attributes of a mailbox are sets (RFC 3501 section 2.3.2): any order will do.
    private static String ordered(String line) {
        return UNORDERED.matcher(line).replaceAll(match -> {
            String[] words = match.group(2).split(" ");
            Arrays.sort(words);
            return Matcher.quoteReplacement(match.group(1) + String.join(" ", words) + ")");
        });
    }

    private boolean fitsAsItIs(String pattern, String line) {
        StringBuilder regex = new StringBuilder();
        int at = 0;
        Map<String, Integer> learnt = new LinkedHashMap<>();
        Matcher parts = OPEN.matcher(pattern);
        while (parts.find()) {
            regex.append(Pattern.quote(pattern.substring(at, parts.start())));
            String part = parts.group();
            if (part.equals("...")) {
                regex.append(".*");
            } else if (variables.containsKey(part.substring(1))) {
                regex.append(Pattern.quote(variables.get(part.substring(1))));
            } else if (learnt.containsKey(part.substring(1))) {
                regex.append("\\").append(learnt.get(part.substring(1)));
            } else {
                learnt.put(part.substring(1), learnt.size() + 1);
                regex.append("([^ ()\\[\\]]+)");
            }
            at = parts.end();
        }
        regex.append(Pattern.quote(pattern.substring(at)));
        Matcher matcher = Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(line);
        if (!matcher.matches()) {
            return false;
        }
        learnt.forEach((variable, group) -> variables.put(variable, matcher.group(group)));
        return true;
    }
}
