namespace Penstock.Ocpp.Rpc;

/// <summary>Bounds of one connection; every queue and wait has one.</summary>
public sealed record ConnectionOptions
{
    /// <summary>Frames above this are refused and the socket closes with 1009 (message too big). Field stations send up to 128 kB.</summary>
    public int FrameBytesMax { get; init; } = 256 * 1024;

    /// <summary>Calls that wait for the wire; the next one ends as QueueFull.</summary>
    public int CallsQueuedMax { get; init; } = 64;

    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Incoming calls that wait for their handler; reading pauses above it.</summary>
    public int IncomingQueuedMax { get; init; } = 64;

    /// <summary>A peer that takes no bytes for this long is stuck: its socket is cut.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>Counters of one connection since it opened.</summary>
public sealed class ConnectionCounters
{
    internal long received, sent, faults, lateAnswers, answersRefused;

    public long Received => Interlocked.Read(ref received);

    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Frames that could not be read, binary and oversized ones included.</summary>
    public long Faults => Interlocked.Read(ref faults);

    /// <summary>Answers to nothing we wait for: late, repeated or invented. Dropped.</summary>
    public long LateAnswers => Interlocked.Read(ref lateAnswers);

    /// <summary>Answers of ours that the peer could not read (CALLRESULTERROR of 2.1).</summary>
    public long AnswersRefused => Interlocked.Read(ref answersRefused);
}
