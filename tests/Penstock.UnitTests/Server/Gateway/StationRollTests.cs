using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Capability;
using Penstock.Server.Gateway;
using Penstock.Server.Storage;

namespace Penstock.UnitTests.Server.Gateway;

/// <summary>What is on disk when a change is said to be, and what a start finds there.</summary>
public sealed class StationRollTests : IDisposable
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 24, 12, 0);
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-roll-").FullName;
    private readonly SqlStore store;

    public StationRollTests() => store = new SqlStore(Database.Open(Path.Combine(folder, "penstock.db")));

    public void Dispose()
    {
        store.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Every_change_is_on_disk_when_it_is_said_to_be_however_many_come_at_once()
    {
        var roll = Roll();
        await Task.WhenAll(Enumerable.Range(0, 3000).Select(async n =>
        {
            Assert.True(await roll.ChangeAsync(Id(n), "ocpp2.1", Now, s => s with { Model = $"M{n}" }));
            if (n % 100 == 0) Assert.Contains($"\"M{n}\"", OnDisk(n), StringComparison.Ordinal);
        }));
        Assert.True(await roll.ChangeAsync(Id(7), "ocpp2.1", Now, s => s with { Model = "newer" }));
        Assert.Contains("\"newer\"", OnDisk(7), StringComparison.Ordinal);
        Assert.Equal(3000, Roll().All.Count);
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_leaves_a_new_station_unkept_and_a_known_one_as_it_was_until_it_takes_again()
    {
        var roll = Roll();
        Assert.True(await roll.ChangeAsync(Id(1), "ocpp2.1", Now, s => s with { Model = "A" }));
        store.Execute("CREATE TRIGGER full BEFORE INSERT ON station BEGIN SELECT RAISE(ABORT, 'no space'); END");
        Assert.False(await roll.ChangeAsync(Id(2), "ocpp2.1", Now, s => s with { Model = "A" }));
        Assert.True(await roll.ChangeAsync(Id(1), "ocpp2.1", Now, s => s with { Model = "B" }));
        Assert.Contains("\"A\"", OnDisk(1), StringComparison.Ordinal);
        store.Execute("DROP TRIGGER full");
        Assert.True(await roll.ChangeAsync(Id(2), "ocpp2.1", Now, s => s));
        Assert.Contains("\"A\"", OnDisk(2), StringComparison.Ordinal);
        Assert.Contains("\"B\"", OnDisk(1), StringComparison.Ordinal); // tried again with it
    }

    [Fact]
    public async Task A_clocks_skew_survives_a_start_and_costs_a_write_when_it_is_known_and_when_it_moves()
    {
        var (roll, skew) = (Roll(), Duration.FromHours(8));
        await roll.ChangeAsync(Id(1), "ocpp1.6", Now, s => s);
        store.Execute("CREATE TABLE written (body TEXT); CREATE TRIGGER counts AFTER UPDATE ON station BEGIN INSERT INTO written VALUES (new.body); END");
        var clocks = new DeviceClocks(roll);
        for (var n = 0; n < 200; n++) clocks.Read(Id(1), Now + Duration.FromSeconds(31 * n), (Now + Duration.FromSeconds((31 * n) + (n % 3)) + skew).ToDateTimeOffset(), live: true, QuirkProfile.None);
        await roll.ChangeAsync(Id(1), "ocpp1.6", Now, s => s); // after what is under way
        Assert.Equal(1, store.First<int>("SELECT COUNT(*) FROM written"));
        var later = new DeviceClocks(Roll()).Read(Id(1), Now, (Now + skew).ToDateTimeOffset(), live: false, QuirkProfile.None);
        Assert.Equal((Now - Duration.FromHours(3), "skew:28801"), (DeviceClock.Read((Now - Duration.FromHours(3) + skew + Duration.FromSeconds(1)).ToDateTimeOffset(), later).At, DeviceClock.Read((Now + skew).ToDateTimeOffset(), later).Mark));
        for (var n = 200; n < 260; n++) clocks.Read(Id(1), Now + Duration.FromSeconds(31 * n), (Now + Duration.FromSeconds(31 * n)).ToDateTimeOffset(), live: true, QuirkProfile.None); // it was set right
        await roll.ChangeAsync(Id(1), "ocpp1.6", Now, s => s); // after what is under way
        Assert.Equal(2, store.First<int>("SELECT COUNT(*) FROM written"));
        Assert.Equal(Duration.Zero, new DeviceClocks(Roll()).Of(Id(1)).Applied);
    }

    private StationRoll Roll() => new(store, NullLogger<StationRoll>.Instance);

    private string OnDisk(int n) => store.First<string>("SELECT body FROM station WHERE station_id = @Id", new { Id = Id(n).Value }) ?? "nothing";

    private static StationId Id(int n) => new($"CS-{n}");
}
