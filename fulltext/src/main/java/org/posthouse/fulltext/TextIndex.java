package org.posthouse.fulltext;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.ConcurrentMergeScheduler;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.ReaderManager;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The index of one virtual server. One thread writes; any may search at the same time. What was written is found after
/// [#refresh], and survives the process after [#commit].
///
/// A failure to read or write is an [IOException], or what Lucene throws unchecked; the index is to be closed then, and
/// made anew ([#delete]).
public final class TextIndex implements AutoCloseable {
    static final String HEADER = "header";
    static final String REST = "rest";

    /// Changes when documents are made in another way: what was made before is made anew.
    private static final String FORMAT = "1";

    private static final String FORMAT_KEY = "format";
    private static final String LINEAGE_KEY = "lineage";
    private static final String BODY = "body";
    private static final String ID = "id";
    private static final String MARK = "mark";
    private static final Term UNSURE = new Term("unsure", "yes");
    private static final int BUFFER_MB = 8;
    private static final int SEGMENT_MB_MAX = 512;
    private static final FieldType WORDS = new FieldType();
    private static final Logger LOG = LoggerFactory.getLogger(TextIndex.class);
    /// Held so that its level stays. By itself Lucene says on standard error that an incubating module would make
    /// vectors faster, of which there are none here.
    private static final java.util.logging.Logger LUCENE = java.util.logging.Logger.getLogger("org.apache.lucene");

    static {
        LUCENE.setLevel(java.util.logging.Level.SEVERE);
        WORDS.setIndexOptions(IndexOptions.DOCS);
        WORDS.setOmitNorms(true);
        WORDS.freeze();
    }

    private final MMapDirectory directory;
    private final IndexWriter writer;
    private final ReaderManager readers;
    private final Map<IndexReader.CacheKey, long[]> bodies = new ConcurrentHashMap<>();
    private volatile long lineage;

    /// The index is open already: whoever has it is about to close it.
    public static final class InUseException extends IOException {
        private static final long serialVersionUID = 1;

        private InUseException(LockObtainFailedException cause) {
            super("the text index is open already", cause);
        }
    }

    /// Where in a message a text may be.
    public enum Where {
        /// Anywhere but in the message's own header.
        BODY,
        /// Anywhere.
        TEXT;

        List<String> fields() {
            return this == BODY ? List.of(REST) : List.of(HEADER, REST);
        }
    }

    private TextIndex(MMapDirectory directory, IndexWriter writer) throws IOException {
        this.directory = directory;
        this.writer = writer;
        Map<String, String> said = new TreeMap<>();
        if (writer.getLiveCommitData() != null) {
            writer.getLiveCommitData().forEach(entry -> said.put(entry.getKey(), entry.getValue()));
        }
        if (!said.isEmpty() && !FORMAT.equals(said.get(FORMAT_KEY))) {
            throw new IOException("it has the format " + said.get(FORMAT_KEY) + ", not " + FORMAT);
        }
        this.lineage = Long.parseLong(said.getOrDefault(LINEAGE_KEY, "-1"));
        this.readers = new ReaderManager(writer);
    }

    /// Opens what is in a folder, or makes it. What is damaged, or of another release, is deleted first, and the log
    /// says so. Damage inside large files shows only in [#verify].
    ///
    /// @throws InUseException if somebody else in this process has it open
    /// @throws IOException if it cannot be made either
    public static TextIndex open(Path folder) throws IOException {
        try {
            return tryOpen(folder);
        } catch (LockObtainFailedException e) {
            throw new InUseException(e);
        } catch (IOException | RuntimeException e) {
            LOG.warn("The text index in {} cannot be used and is made anew: {}", folder, e.toString());
            delete(folder);
            return tryOpen(folder);
        }
    }

    private static TextIndex tryOpen(Path folder) throws IOException {
        Files.createDirectories(folder);
        MMapDirectory directory = new MMapDirectory(folder);
        IndexWriter writer = null;
        boolean opened = false;
        try {
            writer = new IndexWriter(directory, config());
            TextIndex index = new TextIndex(directory, writer);
            opened = true;
            return index;
        } finally {
            if (!opened) {
                if (writer != null) {
                    writer.rollback();
                }
                directory.close();
            }
        }
    }

    private static IndexWriterConfig config() {
        TieredMergePolicy merges = new TieredMergePolicy();
        merges.setMaxMergedSegmentMB(SEGMENT_MB_MAX);
        ConcurrentMergeScheduler scheduler = new ConcurrentMergeScheduler();
        scheduler.setMaxMergesAndThreads(2, 1); // one thread: it is never in a hurry
        return new IndexWriterConfig()
                .setIndexSort(new Sort(new SortField(BODY, SortField.Type.LONG)))
                .setRAMBufferSizeMB(BUFFER_MB)
                .setMergePolicy(merges)
                .setMergeScheduler(scheduler)
                .setCommitOnClose(false);
    }

    /// Deletes an index that nobody has open; also what is left of one.
    public static void delete(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }

    // ---- writing

    /// Adds a body.
    ///
    /// @param mark of its content: two bodies that may have the same number in two lineages have different ones
    /// @param replaces whether one of that number may be there
    /// @param header words of its header
    /// @param rest words of everything else
    public void add(long body, long mark, boolean replaces, Tokens header, Tokens rest) throws IOException {
        if (header.tooMany() || rest.tooMany()) {
            addUnsure(body, mark, replaces);
            return;
        }
        Document document = document(body, mark);
        document.add(new Field(HEADER, header.stream(), WORDS));
        document.add(new Field(REST, rest.stream(), WORDS));
        write(body, document, replaces);
    }

    /// Adds a body of which nothing is known but that it is there: it has to be read whenever it is asked for.
    public void addUnsure(long body, long mark, boolean replaces) throws IOException {
        Document document = document(body, mark);
        document.add(new StringField(UNSURE.field(), UNSURE.text(), Field.Store.NO));
        write(body, document, replaces);
    }

    private static Document document(long body, long mark) {
        Document document = new Document();
        document.add(new NumericDocValuesField(BODY, body));
        document.add(new NumericDocValuesField(MARK, mark));
        document.add(new StringField(ID, id(body), Field.Store.NO));
        return document;
    }

    private void write(long body, Document document, boolean replaces) throws IOException {
        if (replaces) {
            writer.updateDocument(new Term(ID, id(body)), document);
        } else {
            writer.addDocument(document);
        }
    }

    private static BytesRef id(long body) {
        return new BytesRef(ByteBuffer.allocate(Long.BYTES).putLong(body).array());
    }

    /// Removes bodies.
    public void remove(Collection<Long> gone) throws IOException {
        writer.deleteDocuments(gone.stream().map(body -> new Term(ID, id(body))).toArray(Term[]::new));
    }

    /// Lets what was written be found.
    public void refresh() throws IOException {
        readers.maybeRefreshBlocking();
    }

    /// Brings everything to disk.
    public void commit() throws IOException {
        writer.setLiveCommitData(
                new TreeMap<>(Map.of(FORMAT_KEY, FORMAT, LINEAGE_KEY, Long.toString(lineage))).entrySet());
        writer.commit();
    }

    /// The lineage of body numbers that all of it is known to be of; -1 for none yet.
    public long lineage() {
        return lineage;
    }

    /// All of it has been compared with the bodies of a lineage. Survives the process with the next commit.
    public void lineage(long compared) {
        lineage = compared;
    }

    /// Closes it, without what was not committed. A merge under way is given up.
    @Override
    public void close() throws IOException {
        readers.close();
        writer.rollback();
        directory.close();
    }

    // ---- reading

    /// Reads all files through and compares checksums.
    ///
    /// @param between called after each larger piece
    public void verify(Runnable between) throws IOException {
        DirectoryReader reader = readers.acquire();
        try {
            for (LeafReaderContext leaf : reader.leaves()) {
                leaf.reader().checkIntegrity();
                between.run();
            }
        } finally {
            readers.release(reader);
        }
    }

    /// How many bodies are in it.
    public int size() throws IOException {
        DirectoryReader reader = readers.acquire();
        try {
            return reader.numDocs();
        } finally {
            readers.release(reader);
        }
    }

    /// The marks of bodies, by number.
    ///
    /// @param after behind this number
    /// @param last up to this one
    public SortedMap<Long, Long> marks(long after, long last) throws IOException {
        SortedMap<Long, Long> marks = new TreeMap<>();
        DirectoryReader reader = readers.acquire();
        try {
            for (LeafReaderContext context : reader.leaves()) {
                LeafReader leaf = context.reader();
                long[] sorted = bodies(leaf);
                Bits live = leaf.getLiveDocs();
                NumericDocValues mark = leaf.getNumericDocValues(MARK);
                for (int doc = firstAfter(sorted, after); doc < sorted.length && sorted[doc] <= last; doc++) {
                    if ((live == null || live.get(doc)) && mark.advanceExact(doc)) {
                        marks.put(sorted[doc], mark.longValue());
                    }
                }
            }
        } finally {
            readers.release(reader);
        }
        return marks;
    }

    private static int firstAfter(long[] sorted, long after) {
        int found = Arrays.binarySearch(sorted, after);
        return found < 0 ? -found - 1 : found + 1;
    }

    /// The bodies of a segment, in the order of its documents, which is that of their numbers.
    private long[] bodies(LeafReader leaf) throws IOException {
        IndexReader.CacheHelper core = leaf.getCoreCacheHelper();
        long[] known = bodies.get(core.getKey());
        if (known != null) {
            return known;
        }
        long[] read = new long[leaf.maxDoc()];
        NumericDocValues numbers = leaf.getNumericDocValues(BODY);
        for (int doc = 0; doc < read.length; doc++) {
            if (!numbers.advanceExact(doc)) {
                throw new IOException("document " + doc + " of " + leaf + " has no number");
            }
            read[doc] = numbers.longValue();
        }
        if (bodies.putIfAbsent(core.getKey(), read) == null) {
            core.addClosedListener(bodies::remove);
        }
        return read;
    }

    /// Looks for what meets a query.
    ///
    /// @param messages in how many it is looked for: a few are quicker read than all words gone through
    /// @param check called now and then; what it throws ends the search
    /// @return empty if it is quicker to read
    public Optional<Matches> find(TextQuery query, Where where, long messages, Runnable check) throws IOException {
        DirectoryReader reader = readers.acquire();
        try {
            WordWalk walk = new WordWalk(query, where, check);
            if (query.isEmpty() || !walk.worthIt(reader, messages)) {
                return Optional.empty();
            }
            List<Matches.Segment> segments = new ArrayList<>();
            for (LeafReaderContext context : reader.leaves()) {
                LeafReader leaf = context.reader();
                segments.add(new Matches.Segment(
                        bodies(leaf), leaf.getLiveDocs(), walk.documents(leaf, UNSURE), walk.documents(leaf)));
            }
            return Optional.of(new Matches(segments));
        } finally {
            readers.release(reader);
        }
    }

    /// Whether a failure came of this index having been closed meanwhile.
    public static boolean saysClosed(Exception failure) {
        return failure instanceof AlreadyClosedException;
    }
}
