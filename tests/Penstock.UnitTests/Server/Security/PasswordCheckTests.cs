using System.Text;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class PasswordCheckTests
{
    private static readonly StationId Station = new("CS-1");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static StationCredentials Known(string password, string? next = null) => new(
        Station, SecurityProfile.Basic, PasswordHash.Of(Bytes(password), 10).ToString(), next is null ? null : new NextCredentials(SecurityProfile.Basic, PasswordHash.Of(Bytes(next), 10).ToString()), Instant.FromUnixTimeSeconds(0));

    [Fact]
    public async Task A_station_that_reconnects_costs_one_slow_hash_and_a_wrong_password_one_each()
    {
        var (check, known) = (new PasswordCheck(), Known("the right password"));
        for (var i = 0; i < 100; i++) Assert.Equal(PasswordMatch.Current, await check.MatchAsync(known, Bytes("the right password"), Cancel));
        Assert.Equal(1, check.Slow);
        for (var i = 0; i < 3; i++) Assert.Equal(PasswordMatch.Neither, await check.MatchAsync(known, Bytes("the wrong password"), Cancel));
        Assert.Equal(4, check.Slow);
    }

    [Fact]
    public async Task A_changed_password_ends_what_was_remembered()
    {
        var check = new PasswordCheck();
        await check.MatchAsync(Known("the right password"), Bytes("the right password"), Cancel);
        Assert.Equal(PasswordMatch.Neither, await check.MatchAsync(Known("another password"), Bytes("the right password"), Cancel));
    }

    [Fact]
    public async Task Both_the_old_and_the_awaited_password_are_right()
    {
        var (check, known) = (new PasswordCheck(), Known("the old password", "the new password"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(PasswordMatch.Next, await check.MatchAsync(known, Bytes("the new password"), Cancel));
            Assert.Equal(PasswordMatch.Current, await check.MatchAsync(known, Bytes("the old password"), Cancel));
        }
    }
}
