using System.Text.Json;
using NodaTime;
using Penstock.Core.Sites;

namespace Penstock.Server.Stations;

/// <summary>How far a command has come.</summary>
public enum CommandState
{
    /// <summary>On disk, waits for the wire.</summary>
    Queued,

    /// <summary>On the wire, the station has not answered.</summary>
    Sent,

    /// <summary>The station said yes; what it promised was not seen yet.</summary>
    Accepted,

    /// <summary>What the station promised was seen.</summary>
    Effective,

    /// <summary>The station answered no.</summary>
    Rejected,

    /// <summary>No answer, an error, or no link.</summary>
    Failed,

    /// <summary>The station said yes and did nothing in time.</summary>
    NoEffect,
}

/// <summary>A call that a person or a program sent to a station.</summary>
/// <param name="Bulk">Commands that were given together; null = alone.</param>
/// <param name="ExpectsEffect">False where the acceptance is all there is to see.</param>
public sealed record CommandRecord(string Id, StationId Station, string Action, JsonElement Payload, string? Bulk, CommandState State, Instant QueuedAt, bool ExpectsEffect)
{
    public Instant? SentAt { get; init; }

    public Instant? AnsweredAt { get; init; }

    public Instant? EffectAt { get; init; }

    public JsonElement? Answer { get; init; }

    /// <summary>The OCPP error code, or timedOut, closed, queueFull, offline.</summary>
    public string? ErrorCode { get; init; }

    public string? ErrorText { get; init; }

    public bool IsOver => State is CommandState.Effective or CommandState.Rejected or CommandState.Failed or CommandState.NoEffect || (State == CommandState.Accepted && !ExpectsEffect);
}
