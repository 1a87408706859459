namespace Penstock.Core.Units;

/// <summary>A number that a name draws: the same everywhere and always, and spread evenly over names.</summary>
internal static class Lot
{
    /// <summary>FNV-1a, its bits spread by the finaliser of MurmurHash3: names that differ in one digit are far apart.</summary>
    internal static uint Of(string name)
    {
        unchecked
        {
            var hash = name.Aggregate(2166136261u, (h, c) => (h ^ c) * 16777619);
            hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
            hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
            return hash ^ (hash >> 16);
        }
    }
}
