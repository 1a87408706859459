namespace Penstock.Solvers.Decomposition;

/// <summary>Calls body(0) .. body(count - 1), in any order and on any threads.</summary>
public delegate void ForEach(int count, Action<int> body);

public static class InTurn
{
    /// <summary>The <see cref="ForEach"/> of one thread: one after the other.</summary>
    public static void OneByOne(int count, Action<int> body)
    {
        for (var n = 0; n < count; n++) body(n);
    }
}
