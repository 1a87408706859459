using NodaTime;

namespace Penstock.Server.Security;

/// <summary>Failed tries of one address or one station; the default has none. After the free ones each further failure doubles the wait, from 1 s to <see cref="BlockMax"/>.</summary>
public readonly record struct FailedTries(int Count, Instant Last)
{
    /// <summary>Longest wait after a failure.</summary>
    public static readonly Duration BlockMax = Duration.FromMinutes(15);

    /// <summary>Without a failure for this long all are forgotten.</summary>
    public static readonly Duration ForgottenAfter = Duration.FromMinutes(30);

    /// <summary>2^10 s is above <see cref="BlockMax"/>: the count needs to go no further.</summary>
    private const int DoublingsMax = 10;

    public FailedTries Failed(int free, Instant now) => new(now - Last > ForgottenAfter ? 1 : Math.Min(Count + 1, free + DoublingsMax + 1), Instant.Max(Last, now));

    /// <summary>How long until the next try is looked at; null = now.</summary>
    public Duration? BlockedFor(int free, Instant now)
    {
        if (Count <= free) return null;
        var left = Last + Duration.Min(Duration.FromSeconds(1L << Math.Min(Count - free - 1, DoublingsMax)), BlockMax) - now;
        return left > Duration.Zero ? Duration.Min(left, BlockMax) : null;
    }
}
