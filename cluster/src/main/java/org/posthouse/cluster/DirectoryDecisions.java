package org.posthouse.cluster;

import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/// Decides commands about domains, users and aliases.
final class DirectoryDecisions {
    /// RFC 5321 section 4.5.3.1.3: a path has at most 256 characters, two of them brackets.
    private static final int ADDRESS_CHARACTERS_MAX = 254;

    private static final int ALIAS_TARGETS_MAX = 100;

    private DirectoryDecisions() {}

    static Decision addDomain(ClusterImage image, Command.AddDomain command) {
        String name = canonical(command.name());
        if (name.isEmpty() || name.length() > 253 || name.contains("@") || hasSpace(name)) {
            return Coordinator.refused("'" + command.name() + "' is no domain");
        }
        if (image.directory().domains().containsKey(name)) {
            return Coordinator.refused("domain " + name + " exists already");
        }
        return Coordinator.decided(
                new Event.DomainAdded(new DirectoryImage.Domain(name)), "mail for " + name + " is received now");
    }

    static Decision removeDomain(ClusterImage image, Command.RemoveDomain command) {
        String name = canonical(command.name());
        if (!image.directory().domains().containsKey(name)) {
            return Coordinator.refused("no domain " + name);
        }
        String ending = "@" + name;
        boolean used = image.directory().users().keySet().stream().anyMatch(address -> address.endsWith(ending))
                || image.directory().aliases().keySet().stream().anyMatch(address -> address.endsWith(ending));
        if (used) {
            return Coordinator.refused("domain " + name + " still has users or aliases; remove them first");
        }
        return Coordinator.decided(new Event.DomainRemoved(name), "mail for " + name + " is refused now");
    }

    static Decision addUser(ClusterImage image, Command.AddUser command) {
        String address = canonical(command.address());
        String objection = objection(image, address);
        if (!objection.isEmpty()) {
            return Coordinator.refused(objection);
        }
        if (command.quotaBytes() < 0) {
            return Coordinator.refused("a quota is 0 (none) or more bytes, not " + command.quotaBytes());
        }
        if (image.virtualServers().isEmpty()) {
            return Coordinator.refused("there is no virtual server to hold the mailboxes");
        }
        String server = command.virtualServer().orElseGet(() -> emptiest(image));
        if (!image.virtualServers().containsKey(server)) {
            return Coordinator.refused("no virtual server '" + server + "'; there are "
                    + image.virtualServers().keySet());
        }
        var user = new DirectoryImage.User(address, command.passwordHash(), server, true, command.quotaBytes());
        return new Decision(
                List.of(new Event.UserPut(user)),
                Reply.done("user " + address + " added on " + server, "virtual-server", server));
    }

    static Decision removeUser(ClusterImage image, Command.RemoveUser command) {
        String address = canonical(command.address());
        if (!image.directory().users().containsKey(address)) {
            return noUser(address);
        }
        for (DirectoryImage.Alias alias : image.directory().aliases().values()) {
            if (alias.targets().contains(address)) {
                return Coordinator.refused(
                        "alias " + alias.address() + " leads to " + address + "; change or remove it first");
            }
        }
        return Coordinator.decided(new Event.UserRemoved(address), "user " + address + " removed");
    }

    static Decision setPassword(ClusterImage image, Command.SetPassword command) {
        return change(
                image,
                command.address(),
                user -> new DirectoryImage.User(
                        user.address(),
                        command.passwordHash(),
                        user.virtualServer(),
                        user.enabled(),
                        user.quotaBytes()),
                "password changed");
    }

    static Decision setEnabled(ClusterImage image, Command.SetEnabled command) {
        return change(
                image,
                command.address(),
                user -> new DirectoryImage.User(
                        user.address(),
                        user.passwordHash(),
                        user.virtualServer(),
                        command.enabled(),
                        user.quotaBytes()),
                command.enabled() ? "enabled" : "disabled");
    }

    static Decision setQuota(ClusterImage image, Command.SetQuota command) {
        if (command.quotaBytes() < 0) {
            return Coordinator.refused("a quota is 0 (none) or more bytes, not " + command.quotaBytes());
        }
        return change(
                image,
                command.address(),
                user -> new DirectoryImage.User(
                        user.address(),
                        user.passwordHash(),
                        user.virtualServer(),
                        user.enabled(),
                        command.quotaBytes()),
                "quota set");
    }

    static Decision addAlias(ClusterImage image, Command.AddAlias command) {
        String address = canonical(command.address());
        String objection = objection(image, address);
        if (!objection.isEmpty()) {
            return Coordinator.refused(objection);
        }
        List<String> targets = command.targets().stream()
                .map(DirectoryDecisions::canonical)
                .distinct()
                .toList();
        if (targets.isEmpty() || targets.size() > ALIAS_TARGETS_MAX) {
            return Coordinator.refused("an alias leads to 1 to " + ALIAS_TARGETS_MAX + " users, not " + targets.size());
        }
        SortedSet<String> servers = new TreeSet<>();
        for (String target : targets) {
            DirectoryImage.User user = image.directory().users().get(target);
            if (user == null) {
                return noUser(target);
            }
            servers.add(user.virtualServer());
        }
        if (servers.size() > 1) {
            return Coordinator.refused("alias " + address + " would lead to several virtual servers " + servers
                    + "; until there is a transport queue its users must be on one");
        }
        return Coordinator.decided(
                new Event.AliasPut(new DirectoryImage.Alias(address, targets)),
                "alias " + address + " leads to " + targets);
    }

    static Decision removeAlias(ClusterImage image, Command.RemoveAlias command) {
        String address = canonical(command.address());
        if (!image.directory().aliases().containsKey(address)) {
            return Coordinator.refused("no alias " + address);
        }
        return Coordinator.decided(new Event.AliasRemoved(address), "alias " + address + " removed");
    }

    private static Decision change(
            ClusterImage image, String given, UnaryOperator<DirectoryImage.User> changed, String what) {
        String address = canonical(given);
        DirectoryImage.User user = image.directory().users().get(address);
        if (user == null) {
            return noUser(address);
        }
        return Coordinator.decided(new Event.UserPut(changed.apply(user)), "user " + address + ": " + what);
    }

    private static Decision noUser(String address) {
        return Coordinator.refused("no user " + address);
    }

    /// Why an address can not be given to a user or an alias; empty if it can.
    private static String objection(ClusterImage image, String address) {
        int at = address.lastIndexOf('@');
        if (at < 1 || at == address.length() - 1 || address.length() > ADDRESS_CHARACTERS_MAX || hasSpace(address)) {
            return "'" + address + "' is no address (local@domain)";
        }
        String domain = address.substring(at + 1);
        if (!image.directory().domains().containsKey(domain)) {
            return "no domain " + domain + " here; there are "
                    + image.directory().domains().keySet();
        }
        if (image.directory().users().containsKey(address)) {
            return "user " + address + " exists already";
        }
        if (image.directory().aliases().containsKey(address)) {
            return "alias " + address + " exists already";
        }
        return "";
    }

    private static boolean hasSpace(String text) {
        return text.chars().anyMatch(c -> c <= ' ' || c == 0x7f);
    }

    private static String canonical(String address) {
        return address.toLowerCase(Locale.ROOT);
    }

    private static String emptiest(ClusterImage image) {
        String best = "";
        long fewest = Long.MAX_VALUE;
        for (String server : image.virtualServers().keySet()) {
            long users = image.directory().users().values().stream()
                    .filter(user -> user.virtualServer().equals(server))
                    .count();
            if (users < fewest) {
                fewest = users;
                best = server;
            }
        }
        return best;
    }
}
