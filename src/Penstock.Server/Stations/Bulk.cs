using System.Text.Json;
using NodaTime;
using Penstock.Core.Sites;

namespace Penstock.Server.Stations;

/// <summary>How far a bulk has come.</summary>
public enum BulkState
{
    /// <summary>Stations are being asked.</summary>
    Running,

    /// <summary>The first stage is over; the rest waits for a person who has looked at its results.</summary>
    Waiting,

    /// <summary>Ended before its last station; it may be continued.</summary>
    Stopped,

    /// <summary>Every station was asked.</summary>
    Done,
}

/// <summary>Why a bulk stopped before its last station.</summary>
public enum BulkStop
{
    /// <summary>More stations failed than it may have.</summary>
    Failures,

    /// <summary>A person said so.</summary>
    Operator,

    /// <summary>The platform ended meanwhile.</summary>
    Restarted,
}

/// <summary>The same call to many stations.</summary>
/// <param name="First">Stations of the first stage; null = all at once.</param>
/// <param name="FailuresMax">One failure more since it began or was continued, and no further station is asked; null = however many.</param>
public sealed record BulkPlan(IReadOnlyList<StationId> Stations, string Action, JsonElement Payload, int? First = null, int? FailuresMax = null);

/// <param name="Left">Stations that were not asked, as of the last time it came to rest.</param>
/// <param name="Stop">Null unless it stopped.</param>
public sealed record Bulk(string Id, Instant BeganAt, BulkPlan Plan, BulkState State, IReadOnlyList<StationId> Left, BulkStop? Stop);
