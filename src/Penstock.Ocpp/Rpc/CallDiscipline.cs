namespace Penstock.Ocpp.Rpc;

/// <summary>How a peer wants to be called, beyond one call at a time per direction.</summary>
/// <param name="WaitsForPeer">A call waits while one of the peer's is not answered: some stations drop the socket on two at once.</param>
/// <param name="Timeout">Deadline of an answer; null = the connection's.</param>
public sealed record CallDiscipline(bool WaitsForPeer, TimeSpan? Timeout)
{
    /// <summary>A peer that always has a call open is called anyway after this.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(5);

    internal static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public static CallDiscipline Standard { get; } = new(WaitsForPeer: false, null);
}
