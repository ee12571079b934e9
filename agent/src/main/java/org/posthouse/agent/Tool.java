package org.posthouse.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Runs a small program of the system, for what Java cannot do.
@FunctionalInterface
interface Tool {
    /// A tool takes its time only where something is wrong.
    long MILLIS_MAX = 8_000;

    Tool REAL = Tool::runReally;

    /// What came of it.
    ///
    /// @param output what it printed, on standard error too
    record Result(int status, String output) {
        boolean done() {
            return status == 0;
        }
    }

    /// Runs it.
    ///
    /// @throws IOException if it is not installed, or does not end in time
    Result run(List<String> words) throws IOException;

    private static Result runReally(List<String> words) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(words).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IOException("'" + words.getFirst() + "' cannot be run, is it installed? " + e.getMessage(), e);
        }
        process.getOutputStream().close();
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofVirtual().name("output-" + words.getFirst()).start(() -> {
            try {
                output.complete(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                output.completeExceptionally(e);
            }
        });
        try {
            String printed = output.get(MILLIS_MAX, TimeUnit.MILLISECONDS);
            if (!process.waitFor(MILLIS_MAX, TimeUnit.MILLISECONDS)) {
                throw new TimeoutException();
            }
            return new Result(process.exitValue(), printed.strip());
        } catch (TimeoutException e) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", words) + " did not end within " + MILLIS_MAX + " ms", e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
