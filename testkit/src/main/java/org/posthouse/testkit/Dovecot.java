package org.posthouse.testkit;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A throw-away Dovecot from Debian's packages, with LMTP and IMAP on free loopback ports: the server that tests of
/// our clients and benchmarks compare with. Every user exists, with one password. Mail lies in mdbox files; all
/// settings that concern storing and serving are Dovecot's defaults.
public final class Dovecot implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(20);
    private static final Path PROGRAM = Path.of("/usr/sbin/dovecot");
    private static final List<Path> MODULES =
            List.of(Path.of("/usr/lib/dovecot/imap"), Path.of("/usr/lib/dovecot/lmtp"));

    /// The password of every user.
    public static final String PASSWORD = "secret";

    private final Process process;
    private final Path folder;
    private final InetSocketAddress lmtp;
    private final InetSocketAddress imap;

    private Dovecot(Process process, Path folder, InetSocketAddress lmtp, InetSocketAddress imap) {
        this.process = process;
        this.folder = folder;
        this.lmtp = lmtp;
        this.imap = imap;
    }

    /// Why no instance can be started here; empty if one can.
    public static Optional<String> missing() {
        if (!Files.isExecutable(PROGRAM)) {
            return Optional.of("Dovecot is not installed (Debian: dovecot-imapd, dovecot-lmtpd)");
        }
        for (Path module : MODULES) {
            if (!Files.isExecutable(module)) {
                return Optional.of("Dovecot's " + module.getFileName() + " is not installed (Debian: dovecot-"
                        + module.getFileName() + "d)");
            }
        }
        return System.getProperty("user.name").equals("root")
                ? Optional.empty()
                : Optional.of("Dovecot is started here as root only, and this is " + System.getProperty("user.name"));
    }

    /// Starts an instance in a new folder under `parent`, which every user must be able to enter.
    public static Dovecot start(Path parent) throws IOException {
        return start(parent, "");
    }

    /// As [#start(Path)].
    ///
    /// @param settings more lines of configuration
    public static Dovecot start(Path parent, String settings) throws IOException {
        Path folder = Files.createTempDirectory(parent, "dovecot");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path mail = Files.createDirectories(folder.resolve("mail"));
        Files.setOwner(
                mail, folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("mail"));
        InetSocketAddress lmtp = new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePorts.one());
        InetSocketAddress imap = new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePorts.one());
        Path configuration =
                Files.writeString(folder.resolve("dovecot.conf"), configuration(folder, lmtp, imap) + settings);
        File output = folder.resolve("output.log").toFile();
        Process process = new ProcessBuilder(PROGRAM.toString(), "-F", "-c", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        Dovecot dovecot = new Dovecot(process, folder, lmtp, imap);
        try {
            dovecot.awaitReady();
            return dovecot;
        } catch (IOException e) {
            dovecot.close();
            throw e;
        }
    }

    private static String configuration(Path folder, InetSocketAddress lmtp, InetSocketAddress imap) {
        return """
                base_dir = %1$s/run
                state_dir = %1$s/state
                log_path = %1$s/dovecot.log
                protocols = imap lmtp
                listen = 127.0.0.1
                ssl = no
                disable_plaintext_auth = no
                mail_location = mdbox:%1$s/mail/%%u
                mail_uid = mail
                mail_gid = mail
                # Debian's user "mail" has id 8; the default forbids ids below 500.
                first_valid_uid = 1
                # The default of 10 connections for each user would refuse the benchmark's.
                mail_max_userip_connections = 5000
                passdb {
                  driver = static
                  args = password=%2$s
                }
                userdb {
                  driver = static
                  args = uid=mail gid=mail home=%1$s/mail/%%u allow_all_users=yes
                }
                namespace inbox {
                  inbox = yes
                }
                service imap-login {
                  inet_listener imap {
                    port = %3$d
                  }
                  inet_listener imaps {
                    port = 0
                  }
                }
                service lmtp {
                  inet_listener lmtp {
                    port = %4$d
                  }
                }
                """.formatted(folder, PASSWORD, imap.getPort(), lmtp.getPort());
    }

    private void awaitReady() throws IOException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            try (ImapClient client = ImapClient.connect(imap, Duration.ofSeconds(5));
                    SmtpClient delivery = SmtpClient.connect(SmtpClient.Protocol.LMTP, lmtp, Duration.ofSeconds(5))) {
                client.logout();
                delivery.quit();
                return;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IOException("Dovecot did not start; see " + folder + "/dovecot.log: " + output(), e);
                }
            }
            pause();
        }
    }

    private void pause() throws IOException {
        try {
            // It says nowhere that it is ready: connecting is asking, and this is the time between two questions.
            if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
                throw new IOException("Dovecot ended at once: " + output());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while Dovecot started", e);
        }
    }

    private String output() throws IOException {
        return Files.readString(folder.resolve("output.log")).strip();
    }

    /// Where it takes mail by LMTP.
    public InetSocketAddress lmtp() {
        return lmtp;
    }

    /// Where it serves IMAP.
    public InetSocketAddress imap() {
        return imap;
    }

    /// The ids of all its processes: one for each session, among others.
    public List<Long> processes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(ProcessHandle::pid)
                .toList();
    }

    /// What `dovecot --version` says.
    public static String version() throws IOException {
        Process asked = new ProcessBuilder(PROGRAM.toString(), "--version").start();
        return new String(asked.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    }

    /// Ends the instance and deletes its folder.
    @Override
    public void close() throws IOException {
        process.destroy();
        if (!Processes.ended(process, Duration.ofSeconds(10))) {
            process.destroyForcibly();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
