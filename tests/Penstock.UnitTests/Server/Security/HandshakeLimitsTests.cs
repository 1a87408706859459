using System.Net;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class HandshakeLimitsTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 4, 2, 9, 0);
    private static readonly StationId Station = new("CS-1");

    [Fact]
    public void Fifteen_thousand_stations_come_back_at_once_from_thirty_depots()
    {
        var limits = new HandshakeLimits(new SecurityOptions());
        Assert.All(Enumerable.Range(0, 15_000), n => Assert.Null(limits.Rate($"10.0.0.{n % 30}", loopback: false, Now)));
    }

    [Fact]
    public void Fifteen_thousand_stations_come_back_at_once_from_this_machine()
    {
        var limits = new HandshakeLimits(new SecurityOptions());
        Assert.All(Enumerable.Range(0, 15_000), _ => Assert.Null(limits.Rate("127.0.0.1", loopback: true, Now)));
    }

    [Fact]
    public void One_address_is_held_to_its_rate_and_touches_no_other()
    {
        var limits = new HandshakeLimits(new SecurityOptions());
        Assert.Equal(600, Enumerable.Range(0, 5000).Count(_ => limits.Rate("10.0.0.1", loopback: false, Now) is null));
        Assert.Null(limits.Rate("10.0.0.2", loopback: false, Now));
        Assert.Equal(20, Enumerable.Range(0, 5000).Count(_ => limits.Rate("10.0.0.1", loopback: false, Now + Duration.FromSeconds(1)) is null));
    }

    [Fact]
    public void Failures_hold_back_the_station_everywhere_but_where_it_last_came_in()
    {
        var limits = new HandshakeLimits(new SecurityOptions());
        limits.Succeeded(Station, "10.0.0.1");
        for (var i = 0; i <= HandshakeLimits.FreePerStation; i++) limits.Failed(Station, "10.9.9.9", guessed: true, Now);
        Assert.NotNull(limits.Blocked(Station, "10.9.9.9", Now));
        Assert.NotNull(limits.Blocked(Station, "10.8.8.8", Now));
        Assert.Null(limits.Blocked(Station, "10.0.0.1", Now));
        Assert.Null(limits.Blocked(new StationId("CS-2"), "10.9.9.9", Now));
    }

    [Fact]
    public void A_bad_certificate_holds_back_its_address_and_not_the_station()
    {
        var limits = new HandshakeLimits(new SecurityOptions());
        for (var i = 0; i <= HandshakeLimits.FreePerAddress; i++) limits.Failed(Station, "10.9.9.9", guessed: false, Now);
        Assert.NotNull(limits.Blocked(Station, "10.9.9.9", Now));
        Assert.Null(limits.Blocked(Station, "10.8.8.8", Now));
    }

    [Fact]
    public void An_address_that_fails_for_many_stations_waits_for_all_of_them()
    {
        var limits = new HandshakeLimits(new SecurityOptions());
        for (var i = 0; i <= HandshakeLimits.FreePerAddress; i++) limits.Failed(new StationId($"CS-{i}"), "10.9.9.9", guessed: true, Now);
        Assert.NotNull(limits.Blocked(new StationId("CS-never-tried"), "10.9.9.9", Now));
        Assert.Null(limits.Blocked(new StationId("CS-never-tried"), "10.9.9.8", Now));
    }

    [Fact]
    public void A_subscriber_of_IPv6_is_one_address_and_a_mapped_IPv4_is_its_own()
    {
        Assert.Equal(HandshakeLimits.KeyOf(IPAddress.Parse("2001:db8:1:2::1")), HandshakeLimits.KeyOf(IPAddress.Parse("2001:db8:1:2:ffff::9")));
        Assert.NotEqual(HandshakeLimits.KeyOf(IPAddress.Parse("2001:db8:1:2::1")), HandshakeLimits.KeyOf(IPAddress.Parse("2001:db8:1:3::1")));
        Assert.Equal("10.0.0.1", HandshakeLimits.KeyOf(IPAddress.Parse("::ffff:10.0.0.1")));
    }
}
