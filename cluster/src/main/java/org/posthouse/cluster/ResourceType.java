package org.posthouse.cluster;

/// A kind of resource that a module brings: a protocol service, say. Shared by all virtual servers; each gets a
/// resource of its own from [#open].
///
/// @param <C> what a resource is given to work with; the agent's service context
public interface ResourceType<C> {

    /// What it is, and what its resources can be set to.
    ResourceTypeFacts facts();

    /// Makes a resource ready on this node, owner or not: listeners are bound, nothing is served yet. When its
    /// properties have changed it is closed before it is next brought online, and opened with the new ones.
    ///
    /// @throws Exception if it can not be made ready; the message is for an operator
    Resource open(C context) throws Exception;

    /// A resource on one node. [#online] and [#offline] come one at a time; a check or [#terminate] may come
    /// beside them, each from a thread of its own, and may take long: what hangs too long counts as failed. One
    /// that takes its time to come online or go offline reports its progress to what its context offers for that.
    /// What does not come back for 300 s ends the node's process: nothing else frees what it holds.
    interface Resource extends AutoCloseable {

        /// Begins to serve: this node owns the virtual server now.
        ///
        /// @throws Exception if it can not; the resource has failed then
        void online() throws Exception;

        /// Ends serving: what is under way is told so and closed.
        void offline();

        /// Ends at once what [#offline] did not end in time, or what has failed; [#online] may follow.
        void terminate();

        /// A cheap check, a few milliseconds.
        boolean looksAlive();

        /// A thorough check, a few seconds at most.
        boolean isAlive();

        /// Gives up what [ResourceType#open] took. Does not throw.
        @Override
        void close();
    }
}
