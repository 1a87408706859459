using NodaTime;

namespace Penstock.Server.Security;

/// <param name="PerSecond">Tokens that come back in a second.</param>
/// <param name="Burst">Tokens of a full bucket, at least 1.</param>
public readonly record struct BucketSize(double PerSecond, double Burst);

/// <summary>Admits a burst and then a rate. The default is a full bucket. A clock that steps back gives nothing and takes nothing.</summary>
public readonly record struct TokenBucket(double Tokens, Instant At)
{
    /// <returns>The bucket after the try, and how long until a token is there; null = one was taken.</returns>
    public (TokenBucket Bucket, Duration? Wait) Take(BucketSize size, Instant now)
    {
        var tokens = At == default ? size.Burst : Math.Min(size.Burst, Tokens + (Math.Max(0, (now - At).TotalSeconds) * size.PerSecond));
        var at = Instant.Max(At, now);
        return tokens >= 1 ? (new TokenBucket(tokens - 1, at), null) : (new TokenBucket(tokens, at), Duration.FromSeconds((1 - tokens) / size.PerSecond));
    }
}
