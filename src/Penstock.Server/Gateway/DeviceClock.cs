using NodaTime;

namespace Penstock.Server.Gateway;

/// <summary>A time as told by a device, or the time of receipt in its place.</summary>
internal readonly record struct DeviceTime(Instant At, bool AtReceipt);

/// <summary>
/// Device clocks may be unset: a time before 2020 or more than five minutes ahead says nothing, the time of receipt does, and the value is marked. Times in
/// the past are believed: a station without a link tells them hours later.
/// </summary>
internal static class DeviceClock
{
    /// <summary>As long as a register may be away from the end of a stay; later values would close control's ears to the right ones.</summary>
    internal static readonly Duration AheadMax = Duration.FromMinutes(5);

    private static readonly Instant Earliest = Instant.FromUtc(2020, 1, 1, 0, 0);

    internal static bool IsUnset(DateTimeOffset told) => Instant.FromDateTimeOffset(told) < Earliest;

    internal static DeviceTime Read(DateTimeOffset told, Instant now)
    {
        var at = Instant.FromDateTimeOffset(told);
        return at < Earliest || at > now + AheadMax ? new DeviceTime(now, AtReceipt: true) : new DeviceTime(at, AtReceipt: false);
    }
}
