package org.posthouse.fulltext;

import java.io.IOException;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.FixedBitSet;
import org.apache.lucene.util.StringHelper;

/// Goes through the words of an index for one query. Used by one thread.
final class WordWalk {
    /// About how many words are gone through in the time in which one message is read.
    private static final int WORDS_A_MESSAGE = 1_000;

    private static final int WORDS_BETWEEN_CHECKS = 4_096;

    private final TextQuery query;
    private final TextIndex.Where where;
    private final Runnable check;
    private PostingsEnum postings;
    private int untilCheck = WORDS_BETWEEN_CHECKS;

    WordWalk(TextQuery query, TextIndex.Where where, Runnable check) {
        this.query = query;
        this.where = where;
        this.check = check;
    }

    /// Whether it is quicker than to read so many messages.
    boolean worthIt(IndexReader reader, long messages) throws IOException {
        long words = 0;
        for (LeafReaderContext leaf : reader.leaves()) {
            for (String field : where.fields()) {
                Terms terms = leaf.reader().terms(field);
                words += terms == null ? 0 : terms.size();
            }
        }
        long walks = query.words().stream().filter(TextQuery.Word::looksAtAll).count();
        return words * walks <= messages * WORDS_A_MESSAGE;
    }

    /// Documents that have a term; null for none.
    FixedBitSet documents(LeafReader leaf, Term term) throws IOException {
        Terms terms = leaf.terms(term.field());
        TermsEnum at = terms == null ? null : terms.iterator();
        if (at == null || !at.seekExact(term.bytes())) {
            return null;
        }
        FixedBitSet found = new FixedBitSet(leaf.maxDoc());
        add(at, found);
        return found;
    }

    /// Documents that meet all conditions, by how well.
    FixedBitSet[] documents(LeafReader leaf) throws IOException {
        FixedBitSet[] all = null;
        for (TextQuery.Word word : query.words()) {
            FixedBitSet[] some = documents(leaf, word);
            for (int level = 1; level < some.length; level++) {
                some[level].or(some[level - 1]);
            }
            if (all == null) {
                all = some;
            } else {
                for (int level = 0; level < all.length; level++) {
                    all[level].and(some[level]);
                }
            }
            if (all[all.length - 1].scanIsEmpty()) {
                break;
            }
        }
        return all;
    }

    private FixedBitSet[] documents(LeafReader leaf, TextQuery.Word word) throws IOException {
        FixedBitSet[] found = new FixedBitSet[query.levels()];
        for (int level = 0; level < found.length; level++) {
            found[level] = new FixedBitSet(leaf.maxDoc());
        }
        for (String field : where.fields()) {
            Terms terms = leaf.terms(field);
            if (terms != null) {
                add(word, terms.iterator(), found);
            }
        }
        return found;
    }

    private void add(TextQuery.Word word, TermsEnum terms, FixedBitSet[] found) throws IOException {
        switch (word.fit()) {
            case EQUALS -> {
                if (terms.seekExact(word.bytes())) {
                    add(terms, found[0]);
                }
            }
            case BEGINS -> {
                boolean any = terms.seekCeil(word.bytes()) != TermsEnum.SeekStatus.END;
                for (BytesRef term = any ? terms.term() : null;
                        term != null && StringHelper.startsWith(term, word.bytes());
                        term = terms.next()) {
                    passed();
                    add(terms, found[0]);
                }
            }
            case ENDS, CONTAINS, RESEMBLES -> {
                for (BytesRef term = terms.next(); term != null; term = terms.next()) {
                    passed();
                    int level = word.level(term);
                    if (level >= 0) {
                        add(terms, found[level]);
                    }
                }
            }
        }
    }

    private void passed() {
        if (--untilCheck == 0) {
            untilCheck = WORDS_BETWEEN_CHECKS;
            check.run();
        }
    }

    private void add(TermsEnum at, FixedBitSet found) throws IOException {
        postings = at.postings(postings, PostingsEnum.NONE);
        for (int doc = postings.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = postings.nextDoc()) {
            found.set(doc);
        }
    }
}
