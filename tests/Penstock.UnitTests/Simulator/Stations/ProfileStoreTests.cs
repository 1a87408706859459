using Penstock.Simulator.Stations;

namespace Penstock.UnitTests.Simulator.Stations;

public sealed class ProfileStoreTests
{
    private static readonly DateTimeOffset Now = new(2026, 4, 15, 0, 0, 0, TimeSpan.Zero);

    private readonly ProfileStore store = new();

    [Fact]
    public void The_transaction_s_profile_wins_over_the_default_and_lapses_to_it()
    {
        Put(1, ProfilePurpose.TxDefault, 0, 7000);
        Put(1001, ProfilePurpose.Tx, 1, -20_000, seconds: 300, dynamic: true);
        Assert.Equal(-20_000, store.Watts(Now.AddSeconds(299)));
        Assert.Equal(7000, store.Watts(Now.AddSeconds(300)));
    }

    [Fact]
    public void An_update_moves_a_dynamic_setpoint_and_starts_its_time_again()
    {
        Put(1001, ProfilePurpose.Tx, 1, -20_000, seconds: 300, dynamic: true);
        Assert.True(store.Update(1001, -5000, Now.AddSeconds(200)));
        Assert.Equal(-5000, store.Watts(Now.AddSeconds(450)));
        Assert.Null(store.Watts(Now.AddSeconds(500)));
        Assert.False(store.Update(1001, -5000, Now.AddSeconds(501)));
        Assert.False(store.Update(7, -5000, Now));
        Put(2, ProfilePurpose.TxDefault, 0, 7000);
        Assert.False(store.Update(2, 1000, Now));
    }

    [Fact]
    public void The_highest_stack_level_counts_and_the_station_s_maximum_caps_it()
    {
        Put(1, ProfilePurpose.Tx, 1, 10_000);
        Put(2, ProfilePurpose.Tx, 5, 20_000);
        Assert.Equal(20_000, store.Watts(Now));
        Put(3, ProfilePurpose.StationMax, 0, 15_000);
        Assert.Equal(15_000, store.Watts(Now));
        Assert.Equal(1, store.Clear(null, ProfilePurpose.Tx, 5));
        Assert.Equal(10_000, store.Watts(Now));
        Assert.Equal(0, store.Clear(99, null, null));
        Put(4, ProfilePurpose.Tx, 1, 4000); // same purpose and stack level: replaces
        Assert.Equal(4000, store.Watts(Now));
    }

    [Fact]
    public void Periods_follow_each_other()
    {
        store.Put(new StationProfile(1, ProfilePurpose.Tx, 0, null, [(0, 1000), (60, 2000)], null, false), Now);
        Assert.Equal((1000, 2000), (store.Watts(Now.AddSeconds(59))!.Value, store.Watts(Now.AddSeconds(60))!.Value));
    }

    private void Put(int id, ProfilePurpose purpose, int level, double watts, double? seconds = null, bool dynamic = false) =>
        store.Put(new StationProfile(id, purpose, level, null, [(0, watts)], seconds is { } s ? TimeSpan.FromSeconds(s) : null, dynamic), Now);
}
