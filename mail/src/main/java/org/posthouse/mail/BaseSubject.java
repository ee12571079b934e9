package org.posthouse.mail;

/// What is left of a subject when the marks of replies and forwards are taken off (RFC 5256 sections 2.1 and 5): what
/// SORT and THREAD compare.
///
/// @param text in Unicode, in the spelling of the subject
/// @param replyOrForward whether a mark of a reply or a forward was taken off
public record BaseSubject(String text, boolean replyOrForward) {
    private static final String FORWARD_HEAD = "[fwd:";
    private static final String FORWARD_TRAILER = "(fwd)";

    /// Of a Subject field's value; null is as good as an empty one.
    ///
    /// @param octets as it stands there, encoded words and all
    public static BaseSubject of(String octets) {
        return octets == null ? new BaseSubject("", false) : ofText(EncodedWords.decode(octets));
    }

    /// Of a subject in Unicode.
    public static BaseSubject ofText(String subject) {
        String text = singleSpaces(subject); // step 1
        boolean marked = false;
        while (true) {
            String trimmed = withoutTrailers(text); // step 2
            marked |= trimmed.stripTrailing().length() < text.stripTrailing().length();
            int start = 0;
            for (boolean again = true; again; ) { // step 5
                int behind = behindLeaders(trimmed, start); // step 3
                marked |= behind > start && !trimmed.substring(start, behind).isBlank();
                start = behind;
                behind = behindBlob(trimmed, start); // step 4
                again = behind > start && behind < trimmed.length();
                start = again ? behind : start;
            }
            text = trimmed.substring(start);
            if (!isForward(text)) {
                return new BaseSubject(text, marked);
            }
            text = text.substring(FORWARD_HEAD.length(), text.length() - 1); // step 6
            marked = true;
        }
    }

    private static String singleSpaces(String subject) {
        StringBuilder text = new StringBuilder(subject.length());
        for (int i = 0; i < subject.length(); i++) {
            char c = subject.charAt(i);
            char shown = c == '\t' || c == '\r' || c == '\n' ? ' ' : c;
            if (shown != ' ' || text.isEmpty() || text.charAt(text.length() - 1) != ' ') {
                text.append(shown);
            }
        }
        return text.toString();
    }

    /// `subj-trailer = "(fwd)" / WSP`, as many as there are.
    private static String withoutTrailers(String text) {
        int end = text.length();
        while (true) {
            int before = end - FORWARD_TRAILER.length();
            if (end > 0 && text.charAt(end - 1) == ' ') {
                end--;
            } else if (before >= 0 && text.regionMatches(true, before, FORWARD_TRAILER, 0, FORWARD_TRAILER.length())) {
                end = before;
            } else {
                return text.substring(0, end);
            }
        }
    }

    /// `subj-leader = (*subj-blob subj-refwd) / WSP`, as many as there are.
    private static int behindLeaders(String text, int from) {
        int at = from;
        while (true) {
            int next = at < text.length() && text.charAt(at) == ' ' ? at + 1 : behindMark(text, behindBlobs(text, at));
            if (next < 0) {
                return at;
            }
            at = next;
        }
    }

    /// `subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"`, or -1.
    private static int behindMark(String text, int from) {
        int at = from;
        if (text.regionMatches(true, at, "re", 0, 2)) {
            at += 2;
        } else if (text.regionMatches(true, at, "fw", 0, 2)) {
            at += text.regionMatches(true, at, "fwd", 0, 3) ? 3 : 2;
        } else {
            return -1;
        }
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        at = behindBlob(text, at);
        return at < text.length() && text.charAt(at) == ':' ? at + 1 : -1;
    }

    private static int behindBlobs(String text, int from) {
        int at = from;
        for (int next = behindBlob(text, at); next > at; next = behindBlob(text, at)) {
            at = next;
        }
        return at;
    }

    /// `subj-blob = "[" *BLOBCHAR "]" *WSP`; `from` if none is there.
    private static int behindBlob(String text, int from) {
        if (from >= text.length() || text.charAt(from) != '[') {
            return from;
        }
        int at = from + 1;
        while (at < text.length() && text.charAt(at) != '[' && text.charAt(at) != ']') {
            at++;
        }
        if (at == text.length() || text.charAt(at) != ']') {
            return from;
        }
        at++;
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        return at;
    }

    private static boolean isForward(String text) {
        return text.length() > FORWARD_HEAD.length()
                && text.endsWith("]")
                && text.regionMatches(true, 0, FORWARD_HEAD, 0, FORWARD_HEAD.length());
    }
}
