using NodaTime;

namespace Penstock.Server.Hosting;

internal static class ClockReading
{
    internal static Instant Now(this TimeProvider time) => Instant.FromDateTimeOffset(time.GetUtcNow());
}
