/// A storage group: one virtual server's mailboxes, messages and bodies, kept the same on several replicas by
/// applying the same log.
///
/// **On disk**, in the folder of a replica:
/// - `index/`: RocksDB, one column family, without a log of its own ([Keys] lists the rows). The Raft log is the
///   write-ahead log; each batch says up to which entry it goes.
/// - `segments/00000001.seg` and so on: bodies, append-only, one record for each body (or each 256 kB piece of a
///   staged one) however many mailboxes hold it ([SegmentRecord]). At most one segment is open; a closed one
///   never changes.
///
/// **Promises**: what was acknowledged is there after any crash, byte for byte; no index on disk points at a body
/// that is not; one action is one entry, all or nothing; an action or a delivery repeated with its id happens
/// once; an entry of an epoch that is over changes nothing; the same log makes the same logical state and digest
/// on every replica.
///
/// **To read first**: [MailStore] and [Action] (what services use), [StorageGroup] (the replica and its crash
/// rules), [Entry] and [ApplyEntry] (the log), [Work] and [MessageActions] (what an action does to the rows),
/// [Gate] (who may), [StoreService] (how they meet), [Expiry] (how things age).
///
/// **In a test of another module** a store stands on testkit's log in three lines, open for use:
/// ```java
/// StoreMemory memory = new StoreMemory(); // one for the process; close it last
/// StorageGroup group = new StorageGroup(folder, memory, StoreSettings.defaults(), new Gate("n1.1"));
/// StoreService store = StoreService.openAlone(group, new LocalLog(group)); // group.close() in the end
/// ```
package org.posthouse.mailstore;
