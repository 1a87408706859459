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

    private static JournalEntry Entry(string key, byte answer = 0) => new("CS-1", key, "test", DateTimeOffset.UnixEpoch, [1, 2, 3], [answer]);
}
