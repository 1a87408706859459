using CsCheck;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class HandshakeRulesTests
{
    private static readonly StationId Station = new("CS-1");
    private static readonly string[] Ways = ["", "l", "b", "lb", "s", "sb", "sx", "sbx", "sc", "sbc"];
    private static readonly Instant Now = Instant.FromUtc(2026, 4, 2, 9, 0);

    /// <summary>What came (s = TLS, b = Basic, c = a good certificate, x = a bad one, l = loopback), what is known (-, m = member of a site, 0 to 3), policy (min/unknown), and the verdict.</summary>
    [Theory]
    [InlineData("l", "-", "0/OnLoopback", "in 0")]
    [InlineData("", "-", "0/OnLoopback", "404")]
    [InlineData("", "-", "0/Anywhere", "in 0")]
    [InlineData("l", "-", "0/WithCertificate", "404")]
    [InlineData("l", "-", "1/OnLoopback", "404")]
    [InlineData("sc", "-", "0/WithCertificate", "in 3")]
    [InlineData("sc", "-", "3/WithCertificate", "in 3")]
    [InlineData("sx", "-", "0/WithCertificate", "403 InvalidStationCertificate")]
    [InlineData("sc", "-", "0/Never", "404")]
    [InlineData("lb", "-", "0/Never", "404")]
    [InlineData("l", "m", "0/Never", "in 0")]
    [InlineData("", "m", "0/OnLoopback", "401")]
    [InlineData("b", "m", "0/OnLoopback", "401")]
    [InlineData("l", "m", "1/OnLoopback", "401")]
    [InlineData("l", "m", "2/OnLoopback", "403 SecurityProfileTooLow")]
    [InlineData("sb", "m", "2/OnLoopback", "401")]
    [InlineData("sc", "m", "3/OnLoopback", "in 3")]
    [InlineData("b", "1", "0/OnLoopback", "password 1")]
    [InlineData("l", "1", "0/Anywhere", "401")]
    [InlineData("sb", "1", "0/OnLoopback", "password 2")]
    [InlineData("s", "1", "0/OnLoopback", "403 SecurityProfileDowngrade")]
    [InlineData("b", "1", "2/OnLoopback", "403 SecurityProfileTooLow")]
    [InlineData("sb", "2", "0/OnLoopback", "password 2")]
    [InlineData("sbx", "2", "0/OnLoopback", "password 2")]
    [InlineData("s", "2", "0/OnLoopback", "401")]
    [InlineData("b", "2", "0/OnLoopback", "403 SecurityProfileDowngrade")]
    [InlineData("l", "2", "0/Anywhere", "403 SecurityProfileDowngrade")]
    [InlineData("sc", "2", "0/OnLoopback", "in 3")]
    [InlineData("sc", "3", "0/OnLoopback", "in 3")]
    [InlineData("sx", "3", "0/OnLoopback", "403 InvalidStationCertificate")]
    [InlineData("sbx", "3", "0/OnLoopback", "403 InvalidStationCertificate")]
    [InlineData("sb", "3", "0/OnLoopback", "403 SecurityProfileDowngrade")]
    [InlineData("l", "3", "0/Anywhere", "403 SecurityProfileDowngrade")]
    public void Every_way_to_come_has_its_verdict(string came, string known, string policy, string verdict)
    {
        var (min, unknown) = (int.Parse(policy[..1], null), Enum.Parse<UnknownStations>(policy[2..]));
        Assert.Equal(verdict, Text(HandshakeRules.Decide(Came(came), Known(known), known == "m", new SecurityOptions { SecurityProfileMin = min, UnknownStations = unknown })));
    }

    [Fact]
    public void Nobody_comes_in_below_the_least_profile_or_below_what_is_known() =>
        Gen.Select(Gen.Int[0, 9].Select(n => Ways[n]), Gen.Char["-m0123"].Select(c => c.ToString()), Gen.Int[0, 3], Gen.Int[0, 3].Select(n => (UnknownStations)n), Gen.Bool).Sample((came, known, min, unknown, anywhere) =>
        {
            var verdict = HandshakeRules.Decide(Came(came), Known(known), known == "m", new SecurityOptions { SecurityProfileMin = min, UnknownStations = unknown, ProfileZeroAnywhere = anywhere });
            var profile = verdict switch { Verdict.Admitted a => (int?)a.Profile, Verdict.ByPassword p => (int)p.Profile, _ => null };
            if (profile is not { } got) return;
            Assert.True(got >= min && got >= (int)(Known(known)?.Profile ?? 0), $"{came} {known} {min}: {verdict}");
            if (got >= 2) Assert.Contains('s', came);
            if (got == 3) Assert.Contains('c', came);
            if (verdict is Verdict.Admitted && Known(known)?.Password is not null) Assert.Equal(3, got); // a password that is known is asked for
        });

    [Fact]
    public void A_station_that_awaits_its_first_password_still_comes_without_one()
    {
        var awaits = new StationCredentials(Station, SecurityProfile.None, null, new NextCredentials(SecurityProfile.TlsWithBasic, "hash"), Now);
        Assert.Equal("in 0", Text(HandshakeRules.Decide(Came("l"), awaits, true, new SecurityOptions())));
        Assert.Equal("password 2", Text(HandshakeRules.Decide(Came("sb"), awaits, true, new SecurityOptions())));
        Assert.Equal("401", Text(HandshakeRules.Decide(Came(""), awaits, true, new SecurityOptions())));
    }

    [Fact]
    public void A_refusal_says_which_name_and_which_organisation()
    {
        var options = new SecurityOptions { Organization = "Depot Ltd" };
        Assert.Contains("names CS-2", Refusal(Certificate("CS-2"), new SecurityOptions()), StringComparison.Ordinal);
        Assert.Contains("organisation (O) is missing; Depot Ltd is expected", Refusal(Certificate("CS-1"), options), StringComparison.Ordinal);
        Assert.Contains("organisation (O) is Other", Refusal(Certificate("CS-1") with { Organizations = ["Other"] }, options), StringComparison.Ordinal);
        Assert.IsType<Verdict.Admitted>(Decide(Certificate("CS-1") with { Organizations = ["Depot Ltd"] }, options));
    }

    private static Verdict Decide(PresentedCertificate certificate, SecurityOptions options) =>
        HandshakeRules.Decide(new Handshake(Station, true, false, new BasicAuthorization(null, null), certificate), Known("3"), false, options);

    private static string Refusal(PresentedCertificate certificate, SecurityOptions options) => Assert.IsType<Verdict.Refused>(Decide(certificate, options)).Text;

    private static PresentedCertificate Certificate(string name, string? fault = null) => new($"CN={name}", [name], [], "01", "AA", Now, Now + Duration.FromDays(30), fault);

    private static Handshake Came(string came) => new(
        Station, came.Contains('s'), came.Contains('l'), new BasicAuthorization(came.Contains('b') ? [1, 2, 3] : null, null),
        came.Contains('c') ? Certificate("CS-1") : came.Contains('x') ? Certificate("CS-1", "The certificate expired.") : null);

    private static StationCredentials? Known(string known) => known is "-" or "m" ? null : new StationCredentials(Station, Enum.Parse<SecurityProfile>(known), known is "1" or "2" ? "hash" : null, null, Now);

    private static string Text(Verdict verdict) => verdict switch
    {
        Verdict.Admitted a => $"in {(int)a.Profile}",
        Verdict.ByPassword p => $"password {(int)p.Profile}",
        Verdict.Refused { Status: 403 } r => $"403 {r.Code}",
        Verdict.Refused r => r.Status.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException(),
    };
}
