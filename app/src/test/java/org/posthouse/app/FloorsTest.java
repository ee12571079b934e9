package org.posthouse.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Holds the order of the floors (ARCHITECTURE.md): imports go downward only, the pure modules touch nothing
/// outside, and each library is opened in the modules that own it. There is no list of exceptions.
public class FloorsTest {
    /// Lowest first. Modules on one floor do not import each other.
    private static final List<List<String>> FLOORS = List.of(
            List.of("cluster", "mail"),
            List.of("support", "replication", "wire"),
            List.of("mailstore", "directory", "fulltext", "scan", "sieve"),
            List.of("imap", "pop3", "smtp", "nntp", "managesieve"),
            List.of("transport", "frontend", "agent"),
            List.of("admin"),
            List.of("app"));

    private static final List<String> PURE = List.of("cluster", "mail");

    private static final Pattern IMPURE_TYPES = Pattern.compile("java\\.io\\.(File|RandomAccess|Print|Console).*"
            + "|java\\.nio\\.(file|channels)\\..*"
            + "|java\\.net\\..*"
            + "|java\\.lang\\.(Thread|Process|Runtime).*"
            + "|java\\.util\\.(Random|Timer|SplittableRandom|concurrent\\.(?!atomic).*)"
            + "|java\\.security\\.SecureRandom|java\\.util\\.random\\..*"
            + "|java\\.time\\.(Clock|InstantSource)"
            + "|org\\.slf4j\\..*|java\\.util\\.logging\\..*");

    private static final Pattern IMPURE_CALLS =
            Pattern.compile("java\\.lang\\.System\\.(currentTimeMillis|nanoTime|getenv|"
                    + "getProperty)|java\\.time\\.\\w+\\.now"
                    + "|java\\.util\\.UUID\\.randomUUID|java\\.lang\\.Math\\.random");

    /// `Set.of` and `Map.copyOf` iterate in another order on every run (STYLE.md); the core must not.
    private static final Pattern UNORDERED_CALLS = Pattern.compile("java\\.util\\.(Set|Map)\\.(of|copyOf|ofEntries)");

    private static final Map<String, List<String>> LIBRARIES = Map.of(
            "org.apache.ratis", List.of("replication"),
            "org.rocksdb", List.of("mailstore"),
            "org.apache.lucene", List.of("fulltext"),
            "org.bouncycastle", List.of("wire", "directory"),
            "com.fasterxml.jackson.databind", List.of("directory", "agent", "app"),
            "picocli", List.of("app"));

    @Test
    void everyModuleKeepsItsFloor() {
        JavaClasses product = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.posthouse");
        assertThat(product.size()).as("classes found on the class path").isGreaterThan(100);
        assertThat(violations(product)).isEmpty();
    }

    @Test
    void theCheckFindsEachKindOfViolation() {
        JavaClasses samples = new ClassFileImporter().importClasses(org.posthouse.cluster.ImpureSample.class);
        assertThat(String.join("\n", violations(samples)))
                .contains("imports org.posthouse.app.FloorsTest")
                .contains("uses java.nio.file.Path")
                .contains("calls java.lang.System.nanoTime")
                .contains("calls java.util.Set.of")
                .contains("org.bouncycastle is for [wire, directory]");
    }

    private static List<String> violations(JavaClasses classes) {
        List<String> found = new ArrayList<>();
        for (JavaClass type : classes) {
            String module = module(type.getPackageName());
            if (floor(module) >= 0) {
                checkDependencies(type, module, found);
            }
            if (PURE.contains(module)) {
                checkPurity(type, found);
            }
        }
        return found.stream().distinct().sorted().toList();
    }

    private static void checkDependencies(JavaClass type, String module, List<String> found) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
            String target = dependency.getTargetClass().getPackageName();
            String targetModule = module(target);
            boolean downward = targetModule.equals(module)
                    || targetModule.isEmpty()
                    || (floor(targetModule) >= 0 && floor(targetModule) < floor(module));
            if (!downward) {
                found.add(type.getName() + " imports "
                        + dependency.getTargetClass().getName() + ": not downward");
            }
            LIBRARIES.forEach((library, owners) -> {
                if (target.startsWith(library) && !owners.contains(module)) {
                    found.add(type.getName() + ": " + library + " is for " + owners);
                }
            });
        }
    }

    private static void checkPurity(JavaClass type, List<String> found) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
            String target = dependency.getTargetClass().getName();
            if (IMPURE_TYPES.matcher(target).matches()) {
                found.add(type.getName() + " uses " + target + ": not pure");
            }
        }
        for (JavaMethodCall call : type.getMethodCallsFromSelf()) {
            String method = call.getTargetOwner().getName() + "." + call.getName();
            if (IMPURE_CALLS.matcher(method).matches()
                    || UNORDERED_CALLS.matcher(method).matches()) {
                found.add(type.getName() + " calls " + method + ": not pure");
            }
        }
    }

    private static String module(String packageName) {
        return packageName.startsWith("org.posthouse.") ? packageName.split("\\.")[2] : "";
    }

    private static int floor(String module) {
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            if (FLOORS.get(floor).contains(module)) {
                return floor;
            }
        }
        return -1;
    }
}
