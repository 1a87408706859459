using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.GridEvents;
using Penstock.Core.Planning;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Time;
using Penstock.Core.Units;

namespace Penstock.UnitTests.Core.Planning;

/// <summary>Sites and sessions for tests of planning and dispatch.</summary>
internal static class Examples
{
    internal static readonly Instant Noon = Instant.FromUtc(2026, 4, 15, 4, 0);

    internal static SiteLayout Site(int evses, double importKw, double exportKw, double ratingKw = 60) => new(
        new SiteId("s"), "Site", "Asia/Shanghai", null, null, Power.Zero, GridPermitsExport: true,
        [
            new LimitNode("poc", null, "Point of connection", LimitSource.PointOfConnection, Power.FromKilowatts(importKw), Power.FromKilowatts(exportKw)),
            new LimitNode("cabinet", "poc", "Cabinet", LimitSource.Cabinet, Power.FromKilowatts(importKw * 2), Power.FromKilowatts(exportKw * 2)),
        ],
        [.. Enumerable.Range(1, evses).Select(n => new EvseLayout(new EvseId(new StationId($"cs-{n:D3}"), 1), "cabinet", Power.FromKilowatts(ratingKw), Power.FromKilowatts(ratingKw), DischargeMethod.CentralSetpoint))]);

    internal static ChargingSession Session(SiteLayout site, int n, double soc, double floor, double target, double hours, double capacity = 60, bool discharge = true)
    {
        var vehicle = new Vehicle(new VehicleId($"v{n}"), new OwnerId($"o{n}"), null, Energy.FromKilowattHours(capacity), Power.FromKilowatts(60), Power.FromKilowatts(60), 0.95, 0.95, 0.15m);
        return new ChargingSession(
            new SessionId($"t{n}"), $"t{n}", site.Evses[n].Id, vehicle, new OwnerTerms(StateOfCharge.FromFraction(floor), StateOfCharge.FromFraction(target), Noon + Duration.FromHours(hours), discharge),
            Noon, StateOfCharge.FromFraction(soc));
    }

    internal static SiteState State(SiteLayout site, IEnumerable<ChargingSession> sessions) => sessions.Aggregate(SiteState.Of(site), (state, session) =>
        SiteReducer.Apply(SiteReducer.Apply(state, new StationConnected(Noon, session.Evse.Station)), new SessionStarted(Noon, session)));

    internal static GridInstruction Order(double kw, double fromHours, double hours) => new(
        new GridEventId("e"), "Event", "test", null, Power.FromKilowatts(kw), new Interval(Noon + Duration.FromHours(fromHours), Noon + Duration.FromHours(fromHours + hours)), 0.9, 1.2,
        new EnergyPrice(2m, Currency.Cny), Noon);

    internal static PlanningProblem Problem(SiteState state, Instant now)
    {
        var grid = TimeGrid.Holding(now, TimeGrid.QuarterHour, 96);
        var (buy, sell) = BuiltInTariffs.Shenzhen.Over(grid);
        return PlanningProblem.Of(state, grid, buy, sell);
    }
}
