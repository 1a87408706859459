using System.Text;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;

namespace Penstock.Server.Security;

public enum UpgradeAnswer
{
    Accepted,

    /// <summary>Accepted once it has booted.</summary>
    RebootRequired,
    Refused,

    /// <summary>It may have taken it or not, or a part of it: both the old and the new hold until it comes with one.</summary>
    NoAnswer,
}

/// <param name="Text">What the station said to each CALL.</param>
public sealed record UpgradeOutcome(UpgradeAnswer Answer, string Text);

/// <summary>
/// Brings a station to another profile or password. What it may come with next is on disk before the first CALL, so no crash and no lost answer locks it
/// out; the old stays good until the station came with the new, and the new is forgotten when the station refused it.
/// </summary>
public sealed class SecurityUpgrade(CredentialBook book, ILogger<SecurityUpgrade> log)
{
    public async Task<UpgradeOutcome> RunAsync(OcppConnection connection, StationId station, UpgradeWish wish, Instant now)
    {
        var before = book.Find(station);
        var awaiting = (before ?? new StationCredentials(station, SecurityProfile.None, null, null, now)) with
        {
            Next = new NextCredentials(wish.Profile, wish.Password is { } password ? PasswordHash.Of(Encoding.UTF8.GetBytes(password), wish.Generated ? PasswordHash.IterationsForGenerated : PasswordHash.IterationsForChosen).ToString() : null), ChangedAt = now,
        };
        book.Put(awaiting);
        var outcome = await SendAsync(connection, UpgradeCalls.For(connection.Version, station, wish));
        if (outcome.Answer == UpgradeAnswer.Refused && book.Find(station) == awaiting) Forget(station, before);
        SecurityTexts.Upgraded(log, station.Value, (int)wish.Profile, outcome.Text);
        return outcome;
    }

    private void Forget(StationId station, StationCredentials? before)
    {
        if (before is null) book.Remove(station);
        else book.Put(before);
    }

    /// <summary>Stops at the first CALL that was not accepted. What was taken before a refusal stands: then nothing is forgotten.</summary>
    private static async Task<UpgradeOutcome> SendAsync(OcppConnection connection, IReadOnlyList<UpgradeCall> calls)
    {
        var (texts, taken, boot) = (new List<string>(), false, false);
        foreach (var call in calls)
        {
            var (answer, text) = Read(await connection.CallRawAsync(call.Action, call.Request));
            texts.Add($"{call.Action.Name}: {text}");
            if (answer is UpgradeAnswer.Refused or UpgradeAnswer.NoAnswer) return new UpgradeOutcome(taken ? UpgradeAnswer.NoAnswer : answer, string.Join("; ", texts));
            (taken, boot) = (true, boot || answer == UpgradeAnswer.RebootRequired);
        }

        if (boot && connection.Version == OcppVersion.V16) texts.Add($"Reset: {Read(await connection.CallRawAsync(UpgradeCalls.Boot16.Action, UpgradeCalls.Boot16.Request)).Text}");
        return new UpgradeOutcome(boot ? UpgradeAnswer.RebootRequired : UpgradeAnswer.Accepted, string.Join("; ", texts));
    }

    private static (UpgradeAnswer Answer, string Text) Read(RawOutcome raw)
    {
        if (raw.Status is CallStatus.TimedOut or CallStatus.Closed) return (UpgradeAnswer.NoAnswer, raw.Status.ToString());
        if (raw.Status != CallStatus.Answered) return (UpgradeAnswer.Refused, $"{raw.Status} {raw.ErrorCode} {raw.ErrorDescription}".TrimEnd());
        var said = raw.Payload.TryGetProperty("setVariableResult", out var results)
            ? [.. results.EnumerateArray().Select(r => r.GetProperty("attributeStatus").GetString()!)]
            : new[] { raw.Payload.GetProperty("status").GetString()! };
        return (said.All(s => s is "Accepted" or "Scheduled") ? UpgradeAnswer.Accepted : said.All(s => s is "Accepted" or "RebootRequired") ? UpgradeAnswer.RebootRequired : UpgradeAnswer.Refused, string.Join(", ", said));
    }
}
