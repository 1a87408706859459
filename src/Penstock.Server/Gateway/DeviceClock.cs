using System.Collections.Concurrent;
using NodaTime;
using Penstock.Core.Metering;
using Penstock.Core.Sites;
using Penstock.Server.Capability;

namespace Penstock.Server.Gateway;

/// <summary>A time as told by a device, corrected by its known skew, or the time of receipt in its place.</summary>
/// <param name="Mark">How it came about, as stored with a reading: null = the device's own time; "receipt"; "skew:S" = S seconds were subtracted; "unsure" = away from ours with a skew that is not known.</param>
internal readonly record struct DeviceTime(Instant At, string? Mark);

/// <summary>
/// Device clocks may be unset: a time before 2020 or more than five minutes ahead says nothing, the time of receipt does, and the value is marked. A clock whose skew is known and
/// stable is corrected. Times in the past are believed: a station without a link tells them hours later.
/// </summary>
internal static class DeviceClock
{
    /// <summary>As long as a register may be away from the end of a stay; later values would close control's ears to the right ones.</summary>
    internal static readonly Duration AheadMax = Duration.FromMinutes(5);

    /// <summary>A live message further away from its receipt than this, without a known skew, is marked.</summary>
    internal static readonly Duration UnsureFrom = Duration.FromMinutes(1);

    internal const string Receipt = "receipt";

    internal const string Unsure = "unsure";

    private static readonly Instant Earliest = Instant.FromUtc(2020, 1, 1, 0, 0);

    internal static bool IsUnset(DateTimeOffset told) => Instant.FromDateTimeOffset(told) < Earliest;

    internal static DeviceTime Read(DateTimeOffset told, ReadingContext context)
    {
        var at = Instant.FromDateTimeOffset(told);
        if (at < Earliest) return new DeviceTime(context.Now, Receipt);
        var skew = context.Skew.Applied;
        var corrected = skew == Duration.Zero ? at : at - skew;
        if (corrected > context.Now + AheadMax) return new DeviceTime(context.Now, Receipt);
        if (skew != Duration.Zero) return new DeviceTime(corrected, FormattableString.Invariant($"skew:{skew.TotalSeconds:0}"));
        return new DeviceTime(at, context.IsLive && !context.Skew.IsStable && (at - context.Now > UnsureFrom || context.Now - at > UnsureFrom) ? Unsure : null);
    }
}

/// <summary>How a station's message is read: its clock, and the quirks of its model.</summary>
/// <param name="IsLive">True for a message that was not held back while there was no link, as far as the protocol tells.</param>
internal readonly record struct ReadingContext(Instant Now, ClockSkew Skew, bool IsLive, QuirkProfile Quirk)
{
    /// <summary>A station of which nothing is known.</summary>
    public static implicit operator ReadingContext(Instant now) => new(now, ClockSkew.Unknown, IsLive: false, QuirkProfile.None);
}

/// <summary>The skews of all stations' clocks. One that is stable is kept with the station's record, written when it is first known and when it moves, and resumed after a start.</summary>
/// <param name="roll">Null = nothing is kept.</param>
public sealed class DeviceClocks(StationRoll? roll = null)
{
    private readonly ConcurrentDictionary<StationId, ClockSkew> skews = new();

    /// <summary>What is known of the station's clock.</summary>
    public ClockSkew Of(StationId station) => skews.TryGetValue(station, out var skew) ? skew : roll?.Find(station)?.ClockAheadSeconds is { } kept ? ClockSkew.Resumed(Duration.FromSeconds(kept)) : ClockSkew.Unknown;

    /// <summary>Learns from the time of a live message, and gives what is known to read it with.</summary>
    /// <param name="told">When the message says that it was made; null = it does not say.</param>
    internal ReadingContext Read(StationId station, Instant now, DateTimeOffset? told, bool live, QuirkProfile quirk)
    {
        var skew = Of(station);
        if (live && told is { } time && !DeviceClock.IsUnset(time) && (skews.Count < StationRoll.StationsMax || skews.ContainsKey(station)))
        {
            skews[station] = skew = skew.Observe(Instant.FromDateTimeOffset(time), now);
            Keep(station, skew, now);
        }

        return new ReadingContext(now, skew, live, quirk);
    }

    private void Keep(StationId station, ClockSkew skew, Instant now)
    {
        if (skew is not { IsStable: true, Estimate: { } ahead } || roll?.Find(station) is not { } record) return;
        if (record.ClockAheadSeconds is { } kept && Math.Abs(kept - ahead.TotalSeconds) <= ClockSkew.Agreement.TotalSeconds) return;
        roll.Change(station, record.Protocol, now, s => s with { ClockAheadSeconds = Math.Round(ahead.TotalSeconds) });
    }
}
