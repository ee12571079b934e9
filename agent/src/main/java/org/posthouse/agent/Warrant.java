package org.posthouse.agent;

/// The right to own a virtual server, and who gives it. Raft says who owns what is replicated; this is asked where
/// Raft cannot say it: for addresses and outside programs, and for a storage group on a folder that several machines
/// can reach.
///
/// Two may decide, and never both at once:
/// - the cluster's own coordinator, by the node lease ([Leases]);
/// - a third-party cluster service that started this process, and by that alone had it own everything that is here
///   ([OutsideWarrant]).
public interface Warrant {
    /// Who decides.
    enum Decider {
        /// This cluster's coordinator.
        COORDINATOR("the cluster's coordinator"),
        /// A cluster service outside, such as Pacemaker.
        OUTSIDE("a third-party cluster service");

        private final String words;

        Decider(String words) {
            this.words = words;
        }

        /// For logs and status.
        public String words() {
            return words;
        }
    }

    /// Who decides.
    Decider decider();

    /// What an operator should know of it; `""` where the cluster decides for itself.
    default String note() {
        return "";
    }

    /// For how many milliseconds from now this process may certainly have online what must never be online twice,
    /// also if it is paused in between; 0 if it may not. Returns at once.
    long leftMillis(String virtualServer);

    /// Whether this process may own the virtual server, by word that is a second old at most. May take as long as
    /// whoever has to be asked. To be called before anything is answered from a storage group of one replica.
    boolean confirm(String virtualServer);
}
