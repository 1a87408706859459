namespace Penstock.Server.Sites;

/// <summary>
/// Counts accepted work that is not finished: frames being answered, inputs in inboxes, commands on the wire. An accelerated clock waits for zero
/// before its next step, so that simulated time never outruns the platform.
/// </summary>
public sealed class WorkInFlight
{
    private long count;

    public long Count => Interlocked.Read(ref count);

    public void Begin() => Interlocked.Increment(ref count);

    public void End() => Interlocked.Decrement(ref count);
}
