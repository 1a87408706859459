using Penstock.Solvers.Decomposition;

namespace Penstock.Solvers.Flexibility;

/// <summary>One pass over all vehicles of a reference in parallel. What chunks add up is the same whatever the number of threads.</summary>
internal static class FleetPass
{
    /// <summary>Chunks bound the memory of sums, and the threads that have work.</summary>
    private const int ChunksMax = 32;

    /// <param name="visitor">Makes what one chunk calls for each of its vehicles.</param>
    internal static void Visit(ReferencePlan reference, ForEach? forEach, Func<int, Action<StayEnergy>> visitor)
    {
        var chunks = Math.Min(ChunksMax, reference.Parts);
        (forEach ?? InTurn.OneByOne)(chunks, c =>
        {
            var (visit, stay) = (visitor(c), new StayEnergy(reference.Problem));
            for (var p = (int)((long)reference.Parts * c / chunks); p < (int)((long)reference.Parts * (c + 1) / chunks); p++)
            {
                foreach (var (vehicle, net) in reference.Part(p))
                {
                    stay.Follow(vehicle, net);
                    visit(stay);
                }
            }
        });
    }

    /// <summary>Sums arrays of the given number and length over all vehicles.</summary>
    /// <param name="visitor">Adds a vehicle to the arrays of its chunk.</param>
    internal static double[][] Sum(ReferencePlan reference, int arrays, int length, ForEach? forEach, Func<Action<StayEnergy, double[][]>> visitor)
    {
        var chunks = new double[ChunksMax][][];
        Visit(reference, forEach, c =>
        {
            var (mine, visit) = (chunks[c] = New(arrays, length), visitor());
            return stay => visit(stay, mine);
        });
        var sum = New(arrays, length);
        foreach (var chunk in chunks)
        {
            if (chunk is null) continue;
            for (var a = 0; a < arrays; a++) for (var n = 0; n < length; n++) sum[a][n] += chunk[a][n];
        }

        return sum;
    }

    private static double[][] New(int arrays, int length) => [.. Enumerable.Range(0, arrays).Select(_ => new double[length])];
}
