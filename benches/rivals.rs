//! What one would put together in an afternoon: the same listings in tantivy with n-grams and BM25, and in SQLite
//! with trigrams.
//!
//! Both hold one text a listing: folded names, joined pinyin, initials and digits. Neither knows popularity,
//! mixtures or mistakes; both give their ten best by BM25.

use chahao::index::Part;
use chahao::text::{Folded, Lexicon, spellings};
use rusqlite::Connection;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{NgramTokenizer, TextAnalyzer};
use tantivy::{Index, Searcher, TantivyDocument, Term};

/// Hits asked for.
const TOP: usize = 10;
/// Characters a trigram index needs.
const TRIGRAM: usize = 3;

/// What a rival knows of every listing of `part`.
pub fn texts(part: &Part) -> Vec<String> {
    let text = |rank| {
        let mut text: Vec<String> = part.texts(rank).map(str::to_owned).collect();
        let folded = Folded::new(text.first().map_or("", String::as_str));
        for spelling in spellings(Lexicon::built_in().pinyin(), &folded, 1) {
            text.extend([spelling.letters, spelling.initials]);
        }
        let listing = part.listing(rank).unwrap();
        text.extend(listing.phones.iter().map(|phone| phone.digits()));
        text.join(" ")
    };
    (0..part.len() as u32).map(text).collect()
}

/// One- and two-grams, ranked by BM25.
pub struct Grams {
    searcher: Searcher,
    analyzer: TextAnalyzer,
    field: Field,
}

impl Grams {
    pub fn new(texts: &[String]) -> Grams {
        let analyzer = TextAnalyzer::from(NgramTokenizer::new(1, 2, false).unwrap());
        let indexing =
            TextFieldIndexing::default().set_tokenizer("grams").set_index_option(IndexRecordOption::WithFreqs);
        let mut schema = Schema::builder();
        let field = schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register("grams", analyzer.clone());
        let mut writer = index.writer_with_num_threads(1, 50_000_000).unwrap();
        for text in texts {
            let mut document = TantivyDocument::new();
            document.add_text(field, text);
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        Grams { searcher: index.reader().unwrap().searcher(), analyzer, field }
    }

    /// The ten best that hold every gram of `typed`.
    pub fn ask(&self, typed: &str) -> usize {
        let folded = Folded::new(typed);
        let mut grams: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut analyzer = self.analyzer.clone();
        analyzer.token_stream(folded.text()).process(&mut |token| {
            let term = Term::from_field_text(self.field, &token.text);
            grams.push((Occur::Must, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
        });
        let top = TopDocs::with_limit(TOP).order_by_score();
        self.searcher.search(&BooleanQuery::new(grams), &top).unwrap().len()
    }
}

/// SQLite's full-text search over trigrams.
pub struct Trigrams {
    connection: Connection,
}

impl Trigrams {
    pub fn new(texts: &[String]) -> Trigrams {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE VIRTUAL TABLE names USING fts5(text, tokenize = 'trigram'); BEGIN").unwrap();
        for text in texts {
            connection.prepare_cached("INSERT INTO names VALUES (?1)").unwrap().execute([text]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        Trigrams { connection }
    }

    /// The ten best that hold `typed`; where it is shorter than a trigram, the first ten.
    pub fn ask(&self, typed: &str) -> usize {
        let folded = Folded::new(typed);
        let (sql, pattern) = if folded.units().len() < TRIGRAM {
            ("SELECT rowid FROM names WHERE text LIKE ?1 LIMIT 10", format!("%{}%", folded.text()))
        } else {
            let sql = "SELECT rowid FROM names WHERE names MATCH ?1 ORDER BY rank LIMIT 10";
            (sql, format!("\"{}\"", folded.text()))
        };
        let mut statement = self.connection.prepare_cached(sql).unwrap();
        statement.query_map([pattern], |row| row.get::<_, i64>(0)).unwrap().count()
    }
}
