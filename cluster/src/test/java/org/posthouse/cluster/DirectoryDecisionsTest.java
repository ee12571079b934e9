package org.posthouse.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Commands about domains, users and aliases: first what is refused, and with which words, then what is done.
class DirectoryDecisionsTest {
    private ClusterImage image;

    @BeforeEach
    void begin() {
        image = Plans.created(4, 3);
        accepted(user("anna@example.org", Optional.of("vs1")));
        accepted(user("bert@example.org", Optional.of("vs2")));
        accepted(new Command.AddAlias("post@example.org", List.of("anna@example.org")));
    }

    private static Command user(String address, Optional<String> server) {
        return new Command.AddUser(address, "hash", server, 0);
    }

    private Decision decide(Command command) {
        return Coordinator.decide(image, command, 1000);
    }

    private Reply accepted(Command command) {
        Decision decision = decide(command);
        assertThat(decision.reply().accepted()).as(decision.reply().message()).isTrue();
        image = image.apply(new Change(image.version(), 1000, decision.events()))
                .image();
        return decision.reply();
    }

    private void refused(Command command, String because) {
        Decision decision = decide(command);
        assertThat(decision.reply().accepted()).isFalse();
        assertThat(decision.reply().message()).contains(because);
        assertThat(decision.events()).isEmpty();
    }

    @Test
    void refuses() {
        refused(user("anna@example.org", Optional.empty()), "exists already");
        refused(user("Anna@Example.ORG", Optional.empty()), "exists already");
        refused(user("post@example.org", Optional.empty()), "alias post@example.org exists already");
        refused(user("carl@elsewhere.org", Optional.empty()), "no domain elsewhere.org here; there are [example.org]");
        refused(user("carl", Optional.empty()), "is no address");
        refused(user("@example.org", Optional.empty()), "is no address");
        refused(user("a b@example.org", Optional.empty()), "is no address");
        refused(user("x".repeat(250) + "@example.org", Optional.empty()), "is no address");
        refused(user("carl@example.org", Optional.of("vs9")), "no virtual server 'vs9'; there are [vs1, vs2, vs3]");
        refused(new Command.AddUser("carl@example.org", "hash", Optional.empty(), -1), "quota");
        refused(new Command.RemoveUser("nobody@example.org"), "no user nobody@example.org");
        refused(new Command.RemoveUser("anna@example.org"), "alias post@example.org leads to anna@example.org");
        refused(new Command.SetPassword("nobody@example.org", "hash"), "no user");
        refused(new Command.SetQuota("anna@example.org", -1), "quota");
        refused(new Command.AddDomain("example.org"), "exists already");
        refused(new Command.AddDomain("a@b"), "is no domain");
        refused(new Command.RemoveDomain("example.org"), "still has users or aliases");
        refused(new Command.RemoveDomain("nowhere.org"), "no domain nowhere.org");
        refused(new Command.AddAlias("anna@example.org", List.of("bert@example.org")), "user anna@example.org exists");
        refused(new Command.AddAlias("all@example.org", List.of("nobody@example.org")), "no user nobody@example.org");
        refused(new Command.AddAlias("all@example.org", List.of()), "1 to 100 users");
        refused(
                new Command.AddAlias("all@example.org", List.of("anna@example.org", "bert@example.org")),
                "several virtual servers [vs1, vs2]");
        refused(new Command.RemoveAlias("all@example.org"), "no alias");
    }

    @Test
    void carriesOutARepeatedRequestOnce() {
        Command first = new Command.Request("r1", user("carl@example.org", Optional.empty()));
        Reply answer = accepted(first);
        ClusterImage after = image;

        assertThat(decide(first)).isEqualTo(new Decision(List.of(), answer));
        Decision second = decide(new Command.Request("r2", user("carl@example.org", Optional.empty())));
        assertThat(second.reply().message()).contains("exists already");
        assertThat(second.events()).as("refused for good").containsExactly(new Event.Answered("r2", second.reply()));
        for (int i = 0; i < ClusterImage.ANSWERS_MAX; i++) {
            accepted(new Command.Request("later" + i, new Command.SetQuota("carl@example.org", i)));
        }
        assertThat(image.answers()).hasSize(ClusterImage.ANSWERS_MAX);
        assertThat(after.answerTo("r1")).contains(answer);
        assertThat(image.answerTo("r1")).isEmpty();
    }

    @Test
    void spreadsUsersOverVirtualServers() {
        assertThat(accepted(user("c@example.org", Optional.empty())).values()).containsEntry("virtual-server", "vs3");
        assertThat(accepted(user("d@example.org", Optional.empty())).values()).containsEntry("virtual-server", "vs1");
        assertThat(accepted(user("e@example.org", Optional.empty())).values()).containsEntry("virtual-server", "vs2");
    }

    @Test
    void changes() {
        accepted(new Command.SetPassword("ANNA@example.org", "other"));
        accepted(new Command.SetEnabled("anna@example.org", false));
        accepted(new Command.SetQuota("anna@example.org", 1000));
        assertThat(image.directory().users().get("anna@example.org"))
                .isEqualTo(new DirectoryImage.User("anna@example.org", "other", "vs1", false, 1000));
        accepted(new Command.RemoveAlias("post@example.org"));
        accepted(new Command.RemoveUser("anna@example.org"));
        accepted(new Command.RemoveUser("bert@example.org"));
        accepted(new Command.AddDomain("Example.NET"));
        accepted(new Command.RemoveDomain("example.org"));
        assertThat(image.directory().domains()).containsOnlyKeys("example.net");
        assertThat(image.directory().users()).isEmpty();
    }

    @Test
    void aChangeDecidedUponAnotherVersionIsRefused() {
        Decision decision = decide(user("carl@example.org", Optional.empty()));
        accepted(new Command.AddDomain("example.net"));
        ClusterImage.Applied late = image.apply(new Change(image.version() - 1, 1000, decision.events()));
        assertThat(late.accepted()).isFalse();
        assertThat(late.image()).isEqualTo(image);
    }
}
