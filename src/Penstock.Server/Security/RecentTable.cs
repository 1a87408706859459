namespace Penstock.Server.Security;

/// <summary>A table of at most <paramref name="most"/> entries; the one that was touched longest ago goes first. An absent entry reads as the default.</summary>
internal sealed class RecentTable<TKey, TValue>(int most)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> nodes = [];
    private readonly LinkedList<KeyValuePair<TKey, TValue>> order = new();
    private readonly Lock gate = new();

    internal int Count
    {
        get
        {
            lock (gate) return nodes.Count;
        }
    }

    internal TValue? Find(TKey key)
    {
        lock (gate) return nodes.TryGetValue(key, out var node) ? node.Value.Value : default;
    }

    internal void Put(TKey key, TValue value) => Change(key, _ => (value, true));

    /// <summary>Replaces the value by what is made of it, in one step; gives the other half of what was made.</summary>
    internal TResult Change<TResult>(TKey key, Func<TValue?, (TValue Value, TResult Result)> change)
    {
        lock (gate)
        {
            var (value, result) = change(nodes.Remove(key, out var node) ? node.Value.Value : default);
            if (node is not null) order.Remove(node);
            nodes[key] = order.AddLast(KeyValuePair.Create(key, value));
            if (nodes.Count <= most) return result;
            nodes.Remove(order.First!.Value.Key);
            order.RemoveFirst();
            return result;
        }
    }

    internal void Remove(TKey key)
    {
        lock (gate)
        {
            if (nodes.Remove(key, out var node)) order.Remove(node);
        }
    }
}
