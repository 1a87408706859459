using NodaTime;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;

namespace Penstock.Server.Security;

/// <param name="Answer">Refused: nothing changed. NoAnswer: both the old and the new hold until the station comes with one.</param>
public sealed record UpgradeOutcome(UpgradeAnswer Answer, string Text);

/// <summary>
/// Brings a station to another profile or password. What it may come with next is on disk before the first CALL, so no crash and no lost answer locks it
/// out; the old stays good until the station came with the new, and the new is forgotten when the station refused it.
/// </summary>
public sealed class SecurityUpgrade(CredentialBook book, ILogger<SecurityUpgrade> log)
{
    public async Task<UpgradeOutcome> RunAsync(OcppConnection connection, StationId station, UpgradeWish wish, Instant now)
    {
        var before = book.Find(station) ?? new StationCredentials(station, SecurityProfile.None, null, null, now);
        var iterations = wish.Password is { Length: StationPassword.LengthMax } p && StationPassword.Canonical(System.Text.Encoding.ASCII.GetBytes(p)).Length < p.Length ? PasswordHash.IterationsForGenerated : PasswordHash.IterationsForChosen;
        var awaiting = before with { Next = new NextCredentials(wish.Profile, wish.Password is { } password ? PasswordHash.Of(System.Text.Encoding.UTF8.GetBytes(password), iterations).ToString() : null), ChangedAt = now };
        book.Put(awaiting);
        var outcome = await SendAsync(connection, UpgradeCalls.For(connection.Version, station, wish));
        if (outcome.Answer == UpgradeAnswer.Refused && book.Find(station) == awaiting) Forget(before);
        SecurityTexts.Upgraded(log, station.Value, (int)wish.Profile, outcome.Text);
        return outcome;
    }

    private void Forget(StationCredentials before)
    {
        if (before is { Profile: SecurityProfile.None, Password: null, Next: null }) book.Remove(before.Id);
        else book.Put(before);
    }

    /// <summary>Stops at the first CALL that was not accepted. What was taken before a refusal stands: then nothing is forgotten.</summary>
    private static async Task<UpgradeOutcome> SendAsync(OcppConnection connection, IReadOnlyList<UpgradeCall> calls)
    {
        var (texts, taken, boot) = (new List<string>(), false, false);
        foreach (var call in calls)
        {
            var (answer, text) = await call.SendAsync(connection);
            texts.Add(text);
            if (answer is UpgradeAnswer.Refused or UpgradeAnswer.NoAnswer) return new UpgradeOutcome(taken ? UpgradeAnswer.NoAnswer : answer, string.Join("; ", texts));
            (taken, boot) = (true, boot || answer == UpgradeAnswer.RebootRequired);
        }

        if (boot && connection.Version == OcppVersion.V16) texts.Add((await UpgradeCalls.Boot16().SendAsync(connection)).Text);
        return new UpgradeOutcome(boot ? UpgradeAnswer.RebootRequired : UpgradeAnswer.Accepted, string.Join("; ", texts));
    }
}
