package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Style as a test (STYLE.md): lengths, banned calls with what to use instead, packages that explain themselves.
class TidyTest {
    private static final int LINE_CHARS_MAX = 120;
    private static final int FILE_LINES_MAX = 600;
    private static final int FUNCTION_LINES_MAX = 70;

    private static final Path ROOT = Path.of(System.getProperty("posthouse.root"));

    /// Banned anywhere; the value says what to do instead. Written in pieces so that this file passes.
    private static final Map<Pattern, String> BANNED =
            new TreeMap<>((a, b) -> a.pattern().compareTo(b.pattern()));

    /// Banned in the tests.
    private static final Map<Pattern, String> BANNED_IN_TESTS =
            new TreeMap<>((a, b) -> a.pattern().compareTo(b.pattern()));

    static {
        BANNED.put(Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b"), "do it, or file an issue");
        BANNED.put(Pattern.compile("print" + "StackTrace\\("), "log it with its cause");
        BANNED.put(Pattern.compile("^import [^;]*\\.\\*;"), "name what you import");
        BANNED_IN_TESTS.put(Pattern.compile("@Dis" + "abled|@Ig" + "nore"), "mend the test, or delete it");
        BANNED_IN_TESTS.put(Pattern.compile("Thread\\.sl" + "eep\\("), "await the event with a deadline");
    }

    @Test
    void theTreeIsTidy() throws IOException {
        List<Path> sources;
        try (Stream<Path> tree = Files.walk(ROOT)) {
            sources = tree.filter(path -> path.toString().endsWith(".java"))
                    .filter(path -> !ROOT.relativize(path).toString().contains("target/"))
                    .sorted()
                    .toList();
        }
        assertThat(sources).as("sources below " + ROOT).hasSizeGreaterThan(100);
        List<String> findings = new ArrayList<>();
        for (Path source : sources) {
            findings.addAll(findings(source));
        }
        findings.addAll(packagesWithoutInfo(sources));
        assertThat(findings).isEmpty();
    }

    @Test
    void theCheckFindsWhatItIsFor(@TempDir Path folder) throws IOException {
        Path source = Files.createDirectories(folder.resolve("src/main")).resolve("Untidy.java");
        Path test = Files.createDirectories(folder.resolve("src/test")).resolve("UntidyTest.java");
        String body = "        int i = 0;\n".repeat(FUNCTION_LINES_MAX + 1);
        Files.writeString(
                source,
                "class Untidy {\n    // TO" + "DO later\n    void longFunction() {\n" + body + "    }\n"
                        + "    // " + "x".repeat(LINE_CHARS_MAX) + "\n" + "\n".repeat(FILE_LINES_MAX)
                        + "}\n");
        Files.writeString(test, "class UntidyTest {\n    void sleeps() { Thread.sl" + "eep(1); }\n}\n");
        assertThat(String.join("\n", findings(test))).contains("await the event");
        assertThat(String.join("\n", findings(source)))
                .contains("do it, or file an issue")
                .contains("longFunction")
                .contains("characters")
                .contains("lines in the file");
    }

    private static List<String> findings(Path source) throws IOException {
        List<String> findings = new ArrayList<>();
        List<String> lines = Files.readAllLines(source);
        String where = source.startsWith(ROOT) ? ROOT.relativize(source).toString() : source.toString();
        if (lines.size() > FILE_LINES_MAX) {
            findings.add(where + ": " + lines.size() + " lines in the file; " + FILE_LINES_MAX + " at most");
        }
        boolean test = where.contains("src/test");
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.length() > LINE_CHARS_MAX) {
                findings.add(
                        where + ":" + (i + 1) + ": " + line.length() + " characters; " + LINE_CHARS_MAX + " at most");
            }
            addBanned(BANNED, line, where + ":" + (i + 1), findings);
            if (test) {
                addBanned(BANNED_IN_TESTS, line, where + ":" + (i + 1), findings);
            }
        }
        if (!test) { // a test's table may be as long as it has cases
            addLongFunctions(source, where, findings);
        }
        return findings;
    }

    private static void addBanned(Map<Pattern, String> banned, String line, String where, List<String> findings) {
        banned.forEach((pattern, instead) -> {
            if (pattern.matcher(line).find()) {
                findings.add(where + ": " + line.strip() + ": " + instead);
            }
        });
    }

    private static void addLongFunctions(Path source, String where, List<String> findings) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, _ -> {}, List.of("-proc:none"), null, files.getJavaFileObjects(source));
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                new TreeScanner<Void, Void>() {
                    @Override
                    public Void visitMethod(MethodTree method, Void nothing) {
                        long first = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, method));
                        long last = unit.getLineMap().getLineNumber(positions.getEndPosition(unit, method));
                        if (last - first + 1 > FUNCTION_LINES_MAX) {
                            findings.add(where + ":" + first + ": " + method.getName() + " has " + (last - first + 1)
                                    + " lines; " + FUNCTION_LINES_MAX + " at most");
                        }
                        return super.visitMethod(method, null);
                    }
                }.scan(unit, null);
            }
        }
    }

    private static List<String> packagesWithoutInfo(List<Path> sources) {
        return sources.stream()
                .filter(source -> source.toString().contains("src/main"))
                .map(Path::getParent)
                .distinct()
                .filter(folder -> Files.notExists(folder.resolve("package-info.java")))
                .map(folder -> ROOT.relativize(folder) + ": a package opens with what it is, in package-info.java")
                .toList();
    }
}
