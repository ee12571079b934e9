package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
    private static String output(String... arguments) {
        StringWriter printed = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(printed));
        line.setErr(new PrintWriter(printed));
        assertThat(line.execute(arguments)).as(printed.toString()).isZero();
        return printed.toString();
    }

    /// Taken in by a real bash, which then completes.
    @Test
    void bashCompletesTheCommands(@TempDir Path folder) throws IOException, InterruptedException {
        Path script = folder.resolve("completion");
        Files.writeString(script, output("generate-completion"));
        Path completed = folder.resolve("completed");
        Process bash = new ProcessBuilder(
                        "bash",
                        "-c",
                        "source '" + script + "'; COMP_WORDS=(posthouse node ev); COMP_CWORD=2; _complete_posthouse;"
                                + " printf '%s\n' \"${COMPREPLY[@]}\"")
                .redirectErrorStream(true)
                .redirectOutput(completed.toFile())
                .start();
        assertThat(bash.waitFor()).isZero();
        assertThat(Files.readString(completed)).isEqualTo("evict\n");
    }

    @Test
    void everyCommandHasHelp() {
        Main.commandLine().getSubcommands().forEach((name, command) -> {
            boolean shown = !command.getCommandSpec().usageMessage().hidden();
            if (shown && !name.equals("help")) {
                assertThat(output(name, "--help")).as(name).contains("Usage: posthouse " + name);
            }
        });
    }
}
