using NodaTime;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.Capability;
using static Penstock.UnitTests.Core.Sites.EscalationTests;

namespace Penstock.UnitTests.Server.Capability;

public sealed class ProbeRulesTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 4, 2, 9, 0);

    private static readonly Power Small = Power.FromWatts(-500);

    [Fact]
    public void A_probe_needs_consent_charge_permission_time_a_meter_and_a_link()
    {
        var ready = Site.Measured(Site.Plugged(0.6), 1, 5);
        Assert.Empty(Refusals(ready));
        Assert.Equal(["stateOfCharge"], Refusals(Site.Measured(Site.Plugged(0.39), 1, 0)));
        Assert.Equal(["contract"], Refusals(With(ready, s => s with { Terms = s.Terms with { DischargeAllowed = false } })));
        Assert.Equal(["departure"], Refusals(With(ready, s => s with { Terms = s.Terms with { Departure = Start + Duration.FromMinutes(20) } })));
        Assert.Equal(["vehicle"], Refusals(With(ready, s => s with { Vehicle = s.Vehicle! with { DischargeMax = Power.Zero } })));
        Assert.Equal(["gridPermission"], Refusals(ready with { Layout = ready.Layout with { GridPermitsExport = false } }));
        Assert.Equal(["gridPermission"], Refusals(ready with { Layout = ready.Layout with { Nodes = [ready.Layout.Nodes[0] with { ExportMax = Power.FromWatts(400) }] } }));
        Assert.Equal(["meter"], Refusals(Site.Plugged(0.6)));
        Assert.Equal(["offline"], Refusals(SiteReducer.Apply(ready, new StationDisconnected(Start, Site.Evse.Station))));
        Assert.Equal(["noVehicle"], Refusals(With(ready, s => s with { Vehicle = null })));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    [InlineData(-50)]
    [InlineData(-3001)]
    public void A_probe_is_a_small_discharge(double watts) =>
        Assert.Equal(["watts"], ProbeRules.Refusals(Site.Measured(Site.Plugged(0.6), 1, 5), Site.Measured(Site.Plugged(0.6), 1, 5).Evses[Site.Evse], Power.FromWatts(watts), Start + Duration.FromMinutes(2)).Select(r => r.Code));

    [Theory]
    [InlineData(ProbeVerdict.Running, false)]
    [InlineData(ProbeVerdict.Running, false, 7000, 100)]
    [InlineData(ProbeVerdict.Verified, false, 7000, -480)]
    [InlineData(ProbeVerdict.Verified, false, -260)]
    [InlineData(ProbeVerdict.Running, false, -200)]
    [InlineData(ProbeVerdict.NoEffect, true, -200)]
    [InlineData(ProbeVerdict.NoEffect, true, 7000, 7000)]
    [InlineData(ProbeVerdict.NoEffect, true, -7000)] // something discharges, but not as it was asked
    [InlineData(ProbeVerdict.NotMeasured, true)]
    public void The_meter_decides(ProbeVerdict expected, bool timeIsUp, params int[] watts) =>
        Assert.Equal(expected, ProbeRules.Judge(Small, [.. watts.Select(w => Power.FromWatts(w))], timeIsUp));

    private static IEnumerable<string> Refusals(SiteState state) => ProbeRules.Refusals(state, state.Evses[Site.Evse], Small, Start + Duration.FromMinutes(2)).Select(r => r.Code);

    private static SiteState With(SiteState state, Func<ChargingSession, ChargingSession> change) =>
        state with { Evses = state.Evses.SetItem(Site.Evse, state.Evses[Site.Evse] with { Session = change(state.Evses[Site.Evse].Session!) }) };
}
