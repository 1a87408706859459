using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Profiles;

namespace Penstock.UnitTests.Simulator.Stations.Profiles;

public sealed class ProfileStoreTests
{
    private static readonly DateTimeOffset Now = new(2026, 4, 15, 0, 0, 0, TimeSpan.Zero);

    private readonly ProfileStore store = new();

    [Fact]
    public void The_transaction_s_profile_wins_over_the_default_and_lapses_to_it()
    {
        Put(1, ChargingProfilePurpose.TxDefaultProfile, 0, 7000);
        Put(1001, ChargingProfilePurpose.TxProfile, 1, -20_000, seconds: 300, dynamic: true);
        Assert.Equal(-20_000, store.Watts(Now.AddSeconds(299)));
        Assert.Equal(7000, store.Watts(Now.AddSeconds(300)));
    }

    [Fact]
    public void An_update_moves_a_dynamic_setpoint_and_starts_its_time_again()
    {
        Put(1001, ChargingProfilePurpose.TxProfile, 1, -20_000, seconds: 300, dynamic: true);
        Assert.True(Update(1001, -5000, Now.AddSeconds(200)));
        Assert.Equal(-5000, store.Watts(Now.AddSeconds(450)));
        Assert.Null(store.Watts(Now.AddSeconds(500)));
        Assert.False(Update(1001, -5000, Now.AddSeconds(501)));
        Assert.False(Update(7, -5000, Now));
        Put(2, ChargingProfilePurpose.TxDefaultProfile, 0, 7000);
        Assert.False(Update(2, 1000, Now));
    }

    [Fact]
    public void The_highest_stack_level_counts_and_the_station_s_maximum_caps_it()
    {
        Put(1, ChargingProfilePurpose.TxProfile, 1, 10_000);
        Put(2, ChargingProfilePurpose.TxProfile, 5, 20_000);
        Assert.Equal(20_000, store.Watts(Now));
        Put(3, ChargingProfilePurpose.ChargingStationMaxProfile, 0, 15_000);
        Assert.Equal(15_000, store.Watts(Now));
        Assert.Equal(1, store.Clear(p => p.ChargingProfilePurpose == ChargingProfilePurpose.TxProfile && p.StackLevel == 5));
        Assert.Equal(10_000, store.Watts(Now));
        Assert.Equal(0, store.Clear(p => p.Id == 99));
        Put(4, ChargingProfilePurpose.TxProfile, 1, 4000); // same purpose and stack level: replaces
        Assert.Equal(4000, store.Watts(Now));
    }

    [Fact]
    public void Periods_follow_each_other()
    {
        store.Put(Profile(1, ChargingProfilePurpose.TxProfile, 0, null, ChargingProfileKind.Relative, (0, 1000), (60, 2000)), Now);
        Assert.Equal((1000, 2000), (store.Watts(Now.AddSeconds(59))!.Value, store.Watts(Now.AddSeconds(60))!.Value));
    }

    private bool Update(int id, decimal watts, DateTimeOffset at) => store.Update(id, new ChargingScheduleUpdate { Setpoint = watts }, new Moment(at));

    private void Put(int id, ChargingProfilePurpose purpose, int level, decimal watts, int? seconds = null, bool dynamic = false) =>
        store.Put(Profile(id, purpose, level, seconds, dynamic ? ChargingProfileKind.Dynamic : ChargingProfileKind.Relative, (0, watts)), Now);

    private static ChargingProfile Profile(int id, ChargingProfilePurpose purpose, int level, int? seconds, ChargingProfileKind kind, params (int From, decimal Watts)[] periods) => new()
    {
        Id = id, StackLevel = level, ChargingProfilePurpose = purpose, ChargingProfileKind = kind,
        ChargingSchedule =
        [
            new ChargingSchedule
            {
                Id = 1, Duration = seconds, ChargingRateUnit = ChargingRateUnit.W,
                ChargingSchedulePeriod = [.. periods.Select(p => kind == ChargingProfileKind.Dynamic
                    ? new ChargingSchedulePeriod { StartPeriod = p.From, OperationMode = OperationMode.CentralSetpoint, Setpoint = p.Watts }
                    : new ChargingSchedulePeriod { StartPeriod = p.From, Limit = p.Watts })],
            },
        ],
    };
}
