using Dapper;
using Microsoft.Data.Sqlite;
using Penstock.Server.Storage;

namespace Penstock.UnitTests.Server.Storage;

public sealed class JournalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-journal-").FullName;

    private string File => Path.Combine(folder, "penstock.db");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await using (var journal = new Journal(Database.Open(File)))
        {
            var receipts = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => journal.AppendAsync(Entry($"k{i}"), Cancel).AsTask()));
            Assert.All(receipts, r => Assert.Equal(JournalOutcome.Written, r.Outcome));
            Assert.InRange(journal.Batches, 1, 499); // many callers, few transactions
        }

        await using var again = new Journal(Database.Open(File));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"k{i}").Order(), again.ReadAfter(0).Select(e => e.Entry.DedupeKey).Order());
    }

    [Fact]
    public async Task A_repeat_has_no_second_effect_and_gets_the_first_answer()
    {
        await using var journal = new Journal(Database.Open(File));
        var first = await journal.AppendAsync(Entry("k", answer: 1), Cancel);
        var repeat = await journal.AppendAsync(Entry("k", answer: 2), Cancel);
        Assert.Equal((JournalOutcome.Repeated, first.Sequence, 1), (repeat.Outcome, repeat.Sequence, repeat.Answer![0]));
        Assert.Single(journal.ReadAfter(0));
    }

    [Fact]
    public async Task A_message_of_another_moment_is_another_message()
    {
        await using var journal = new Journal(Database.Open(File));
        var later = Entry("k") with { ToldAt = DateTimeOffset.UnixEpoch.AddSeconds(1) };
        Assert.Equal(JournalOutcome.Written, (await journal.AppendAsync(Entry("k"), Cancel)).Outcome);
        Assert.Equal(JournalOutcome.Written, (await journal.AppendAsync(later, Cancel)).Outcome);
        Assert.Equal(JournalOutcome.Repeated, (await journal.AppendAsync(later, Cancel)).Outcome);
        Assert.Equal(later.ToldAt, journal.ReadAfter(1).Single().Entry.ToldAt);
    }

    [Fact]
    public async Task An_entry_and_its_rows_keep_every_kind_of_value()
    {
        var database = Database.Open(File);
        await using var journal = new Journal(database);
        var row = new Projection("INSERT INTO reading (session_id, at, import_wh, export_wh, power_w, soc, clock) VALUES (@Text, @Whole, @Exact, @None, @Number, @Flag, @Long)",
            new { Text = "电池", Whole = 7, Exact = 0.10m, None = (string?)null, Number = -1.5, Flag = true, Long = new string('x', 5000) });
        await journal.AppendAsync(Entry("k") with { Source = new string('S', 1000), Body = ReadOnlyMemory<byte>.Empty, Answer = null, Projections = [row] }, Cancel);
        using var reading = database.Connect();
        Assert.Equal(("电池", 7, "0.10", null, -1.5, 1, 5000), reading.QuerySingle<(string, long, string, string?, double, double, long)>("SELECT session_id, at, import_wh, export_wh, power_w, soc, length(clock) FROM reading"));
        var entry = journal.ReadAfter(0).Single().Entry;
        Assert.Equal((1000, 0, null), (entry.Source.Length, entry.Body.Length, entry.Answer));
    }

    [Fact]
    public async Task A_row_without_its_value_is_our_bug_and_takes_nobody_with_it()
    {
        await using var journal = new Journal(Database.Open(File));
        var bug = Entry("bug") with { Projections = [new Projection("INSERT INTO site (site_id, body) VALUES (@Id, @Missing)", new { Id = "s" })] };
        Assert.Equal(JournalOutcome.Refused, (await journal.AppendAsync(bug, Cancel)).Outcome);
        Assert.Equal(JournalOutcome.Written, (await journal.AppendAsync(Entry("next"), Cancel)).Outcome);
    }

    [Fact]
    public async Task A_journal_of_the_version_before_is_read_with_its_times()
    {
        var database = Database.Open(File);
        using (var connection = database.Connect())
        {
            // The table as it was before times were numbers, with one entry; then migration 8 and those after it run again.
            connection.Execute("""
                DROP TABLE bulk;
                DROP INDEX command_bulk;
                DROP TABLE journal;
                CREATE TABLE journal (sequence INTEGER PRIMARY KEY, source TEXT NOT NULL, dedupe_key TEXT NOT NULL, kind TEXT NOT NULL, received_at TEXT NOT NULL, body BLOB NOT NULL, answer BLOB);
                INSERT INTO journal VALUES (5, 'CS-1', 'k', 'test', '2026-04-02T09:00:00.1230000+00:00', x'01', x'02');
                """);
            connection.Execute("PRAGMA user_version = 7");
        }

        await using var journal = new Journal(Database.Open(File));
        var (sequence, entry) = journal.ReadAfter(0).Single();
        Assert.Equal((5, new DateTimeOffset(2026, 4, 2, 9, 0, 0, 123, TimeSpan.Zero)), (sequence, entry.ReceivedAt));
        Assert.Equal(JournalOutcome.Repeated, (await journal.AppendAsync(Entry("k"), Cancel)).Outcome);
    }

    [Fact]
    public async Task A_full_disk_fails_the_entry_and_the_journal_recovers()
    {
        var database = Database.Open(File);
        await using var journal = new Journal(database);
        await journal.AppendAsync(Entry("before"), Cancel);
        using (var blocker = database.Connect())
        {
            // The real error path of a disk that takes no more: SQLite refuses every insert.
            blocker.Execute("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
            Assert.Equal(JournalOutcome.Failed, (await journal.AppendAsync(Entry("lost"), Cancel)).Outcome);
            Assert.Contains("full", journal.Fault);
            blocker.Execute("DROP TRIGGER full");
        }

        Assert.Equal(JournalOutcome.Written, (await journal.AppendAsync(Entry("lost"), Cancel)).Outcome);
        Assert.Null(journal.Fault);
    }

    [Fact]
    public async Task An_entry_that_breaks_a_rule_is_refused_alone()
    {
        await using var journal = new Journal(Database.Open(File));
        var twice = new Projection("INSERT INTO site (site_id, body) VALUES ('s', '')", new { });
        var receipts = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => journal.AppendAsync(i is 7 or 23 ? Entry($"k{i}") with { Projections = [twice] } : Entry($"k{i}"), Cancel).AsTask()));
        Assert.Equal(49, receipts.Count(r => r.Outcome == JournalOutcome.Written));
        Assert.Single(receipts, r => r.Outcome == JournalOutcome.Refused);
        Assert.Null(journal.Fault);
    }

    [Fact]
    public async Task A_disk_with_space_again_is_found_without_a_new_entry()
    {
        var database = Database.Open(File);
        await using var journal = new Journal(database);
        using var blocker = database.Connect();
        blocker.Execute("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        Assert.Equal(JournalOutcome.Failed, (await journal.AppendAsync(Entry("lost"), Cancel)).Outcome);
        for (var i = 0; journal.Fault is not null && i < 100; i++) await Task.Delay(100, Cancel);
        Assert.Null(journal.Fault);
    }

    [Fact]
    public void A_database_of_a_newer_program_is_refused_in_words()
    {
        using (var connection = Database.Open(File).Connect()) connection.Execute("PRAGMA user_version = 99");
        Assert.Contains("version 99", Assert.Throws<DatabaseUnusableException>(() => Database.Open(File)).Message);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_in_words()
    {
        System.IO.File.WriteAllText(File, new string('x', 4096));
        Assert.Contains(File, Assert.Throws<DatabaseUnusableException>(() => Database.Open(File)).Message);
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    private static JournalEntry Entry(string key, byte answer = 0) => new("CS-1", key, "test", DateTimeOffset.UnixEpoch, new byte[] { 1, 2, 3 }, [answer]);
}
