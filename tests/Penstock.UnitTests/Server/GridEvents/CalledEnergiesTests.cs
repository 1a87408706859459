using NodaTime;
using Penstock.Core.Dispatching;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Server.GridEvents;
using Penstock.Server.Storage;
using Penstock.UnitTests.Core.Planning;

namespace Penstock.UnitTests.Server.GridEvents;

public sealed class CalledEnergiesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("penstock-called-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void An_account_lasts_over_restarts_within_its_month_of_the_site_and_never_falls()
    {
        using (var store = new SqlStore(Database.Open(Path.Combine(folder, "penstock.db"))))
        {
            var accounts = new CalledEnergies(store);
            Assert.Equal(default, accounts.Of(new VehicleId("v0"), Examples.Noon, "Asia/Shanghai"));
            accounts.Record([State(5, 20)]);
            accounts.Record([State(3, 10)]); // a session that was identified late has counted from nothing
        }

        using var again = new SqlStore(Database.Open(Path.Combine(folder, "penstock.db")));
        var kept = new CalledEnergies(again);
        Assert.Equal(0.25, kept.Of(new VehicleId("v0"), Examples.Noon, "Asia/Shanghai").Share!.Value, 9);
        Assert.Equal(0.25, kept.Of(new VehicleId("v0"), Instant.FromUtc(2026, 4, 30, 15, 59), "Asia/Shanghai").Share!.Value, 9);
        Assert.Null(kept.Of(new VehicleId("v0"), Instant.FromUtc(2026, 4, 30, 16, 0), "Asia/Shanghai").Share); // May has begun there
        Assert.Null(kept.Of(new VehicleId("v1"), Examples.Noon, "Asia/Shanghai").Share);
    }

    private static SiteState State(double called, double offered)
    {
        var site = Examples.Site(1, 500, 500);
        var session = Examples.Session(site, 0, 0.9, 0.3, 0.4, 12) with { Called = new CalledEnergy(Energy.FromKilowattHours(called), Energy.FromKilowattHours(offered)) };
        return SiteReducer.Apply(Examples.State(site, [session]), new InstructionReceived(Examples.Noon, Examples.Order(-10, 0, 1)));
    }
}
