/// An index of the words in messages, so that a search for text need not read them. It knows bodies by number and what
/// it is told about them; where those come from and who asks is others' business.
///
/// **On disk**, in a folder for each virtual server: a Lucene index, which is the node's own and can be deleted at any
/// time. A document is a body, however many mailboxes hold it: its number, a mark of its content, and its distinct
/// words ([Tokens]), those of the header and those of the rest apart; no text, no positions. The last commit says under
/// which lineage of body numbers it was made ([TextIndex#open]).
///
/// **Promises**:
/// - What is found is what reading would find: words are so made that a text without blanks or signs in it occurs in a
///   message exactly if one of the message's words contains it. What is not certain is said to be a candidate, and
///   what is not in the index is said to be unknown ([Matches]).
/// - A crash leaves an index that is behind, never one that is wrong. A damaged one is noticed when it is opened or
///   used, and made anew.
/// - No thread that reads or writes here may be interrupted: Lucene's files would be closed under it.
///
/// **To read first**: [Tokens], then [TextQuery] and [TextIndex].
package org.posthouse.fulltext;
