using System.Net;
using System.Net.Sockets;
using NodaTime;
using Penstock.Core.Sites;

namespace Penstock.Server.Security;

/// <summary>Rates of handshakes and waits after failures, in tables of bounded size. Constant cost per handshake, before anything is looked up.</summary>
internal sealed class HandshakeLimits(SecurityOptions options)
{
    /// <summary>Addresses, and stations, whose rates and failures are remembered.</summary>
    internal const int TableMax = 50_000;

    /// <summary>Missing or wrong passwords of one station before it waits.</summary>
    internal const int FreePerStation = 5;

    /// <summary>Failures of one address before it waits: many stations may stand behind one router.</summary>
    internal const int FreePerAddress = 60;

    private readonly RecentTable<string, TokenBucket> rates = new(TableMax);
    private readonly RecentTable<string, FailedTries> addresses = new(TableMax);
    private readonly RecentTable<StationId, FailedTries> stations = new(TableMax);
    private readonly RecentTable<StationId, string> lastGood = new(TableMax);
    private readonly RecentTable<int, TokenBucket> node = new(1);

    /// <summary>An address as it is counted: IPv4, or the /64 of IPv6, which one subscriber has whole.</summary>
    internal static string KeyOf(IPAddress? address)
    {
        if (address is null) return "none";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(address) ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    /// <returns>How long to wait; null = come in.</returns>
    internal Duration? Rate(string address, bool loopback, Instant now) =>
        (loopback ? null : Take(rates, address, new BucketSize(options.AddressHandshakesPerSecond, options.AddressHandshakeBurst), now))
        ?? Take(node, 0, new BucketSize(options.HandshakesPerSecond, options.HandshakeBurst), now);

    /// <summary>A station's own failures do not hold back the address from which it last came in: nobody locks it out from elsewhere.</summary>
    internal Duration? Blocked(StationId station, string address, Instant now) =>
        addresses.Find(address).BlockedFor(FreePerAddress, now)
        ?? (lastGood.Find(station) == address ? null : stations.Find(station).BlockedFor(FreePerStation, now));

    /// <param name="guessed">A password was missing or wrong; a certificate or a transport is not guessed and counts for the address alone.</param>
    internal void Failed(StationId station, string address, bool guessed, Instant now)
    {
        addresses.Change(address, t => (t.Failed(FreePerAddress, now), true));
        if (guessed) stations.Change(station, t => (t.Failed(FreePerStation, now), true));
    }

    internal void Succeeded(StationId station, string address)
    {
        lastGood.Put(station, address);
        stations.Remove(station);
    }

    private static Duration? Take<TKey>(RecentTable<TKey, TokenBucket> table, TKey key, BucketSize size, Instant now)
        where TKey : notnull => table.Change(key, bucket => bucket.Take(size, now));
}
