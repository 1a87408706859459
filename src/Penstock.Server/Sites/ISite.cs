using Penstock.Core.Sites;

namespace Penstock.Server.Sites;

/// <summary>
/// A site as the rest of the server sees it: inputs go in, an immutable snapshot comes out. Two hosts implement it: the in-process loop here,
/// and grains of a cluster.
/// </summary>
public interface ISite
{
    SiteId Id { get; }

    /// <summary>The latest state; never null, never mutated.</summary>
    SiteState Snapshot { get; }

    /// <summary>
    /// Queues an input that is already durable. The inbox is bounded: when it is full the oldest telemetry is dropped and counted, never a
    /// session or an instruction.
    /// </summary>
    void Post(SiteInput input);
}

/// <summary>All sites of this process, by site and by station.</summary>
public interface ISiteDirectory
{
    IReadOnlyCollection<ISite> All { get; }

    ISite? Find(SiteId site);

    /// <summary>Null for a station that waits to join.</summary>
    ISite? Of(StationId station);

    /// <summary>Adds a site, or replaces its layout.</summary>
    void Put(SiteLayout layout);
}
